"""PostgreSQL's own programs: their versions against the server's, and how they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from runner.kinds.database.address import Address
from runner.kinds.database.base import Workbench
from runner.kinds.database.trouble import DatabaseError

DUMP, RESTORE = "pg_dump", "pg_restore"
"""The programs, looked up on the step's PATH."""
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)\S*)")
"""``pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)``."""

_MENDS = (
    ("could not extend file", "free some space on the server"),
    ("no space left on device", "free some space, or choose another folder with --output"),
    ("permission denied for", "let the database's owner run this, or grant the role what it lacks"),
)
"""Words of what the programs and the server complain of to what may help (PostgreSQL 15: md.c,
pg_backup_archiver.c, aclchk.c)."""


@dataclass(frozen=True)
class Program:
    """A program at a version."""

    name: str
    """As it is called."""
    version: str
    """As it says: ``15.18``."""
    major: int
    """Of it: 15."""


def program(name: str, bench: Workbench) -> Program:
    """Ask a program for its version; raises DatabaseError."""
    said = bench.tool((name, "--version"), {})
    found = _VERSION.search(said)
    if found is None:
        raise DatabaseError(f"{name} --version said no version", hint=f"is {name} PostgreSQL's?")
    return Program(name, found["version"], int(found["major"]))


def refuse_older(tool: Program, server: str) -> None:
    """Raise DatabaseError for a program that is older than the server, whose dump it refuses."""
    major = int(re.sub(r"\D.*", "", server) or 0)
    if tool.major < major:
        raise DatabaseError(
            f"{tool.name} {tool.version} is older than the server, PostgreSQL {server}",
            hint=f"install postgresql-client-{major} or newer, and put it first on PATH",
        )


def dump(address: Address, snapshot: str, path: Path, bench: Workbench) -> None:
    """Write a dump in the custom format, of what a snapshot sees."""
    # Absolute, for the program runs in the step's folder and not in the runner's.
    file = f"--file={path.absolute()}"
    argv = (DUMP, "--format=custom", "--no-password", f"--snapshot={snapshot}", file)
    _run(argv, address, bench)


def restore(address: Address, path: Path, bench: Workbench, *, owners: bool = False) -> None:
    """Restore a dump into an empty database; without owners all is the role's own."""
    own = () if owners else ("--no-owner", "--no-privileges")
    name = address.settings["dbname"]
    target = (f"--dbname={name}", str(path.absolute()))
    argv = (RESTORE, "--exit-on-error", "--no-password", *own, *target)
    _run(argv, address, bench)


def _run(argv: tuple[str, ...], address: Address, bench: Workbench) -> None:
    """Run a program with the address in its environment; a known complaint gets its mend."""
    try:
        bench.tool(argv, address.environment())
    except DatabaseError as error:
        words = error.message.casefold()
        mend = next((mend for word, mend in _MENDS if word in words), error.hint)
        raise DatabaseError(error.message, hint=mend) from error
