"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, never the system's."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from support.systems import missing

PASSWORD = "pa:ss@w/o%rd-of-the-tests"
"""Of the role ``owner``; every mark that a URL must encode is in it."""
_DEBIAN = "/usr/lib/postgresql/*/bin"


@dataclass(frozen=True)
class Cluster:
    """A server that is up."""

    port: int
    """On 127.0.0.1, with passwords."""
    folder: Path
    """Of its data."""
    programs: Path
    """Of initdb, pg_ctl, pg_dump and the others."""

    def url(self, database: str, user: str = "owner", password: str = PASSWORD) -> str:
        """Give a URL as MLflow's users have it."""
        login = f"{user}:{quote(password, safe='')}"
        return f"postgresql+psycopg2://{login}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres", user: str = "postgres") -> None:
        """Execute statements, each as a transaction of its own."""
        with self.connect(database, user) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def connect(
        self, database: str = "postgres", user: str = "postgres"
    ) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as a role."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    def databases(self) -> set[str]:
        """Name the databases that are not the system's own."""
        with self.connect() as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        return {str(name) for (name,) in rows} - {"postgres", "template0", "template1"}


def programs() -> Path:
    """Give the folder of the server's programs; skips where there is none."""
    found = shutil.which("initdb")
    folders = sorted(Path("/").glob(_DEBIAN.lstrip("/")))
    if found:
        folders.append(Path(found).resolve().parent)
    if not folders:
        missing("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    return folders[-1]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster, start it, and remove it after the block."""
    where = programs()
    folder = Path(tempfile.mkdtemp(prefix="runner-postgres-", dir="/tmp"))
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            made = Cluster(free.getsockname()[1], folder / "data", where)
        _make(made, folder)
        try:
            made.execute(f"CREATE ROLE owner LOGIN CREATEDB PASSWORD '{PASSWORD}'")
            yield made
        finally:
            _run(folder, where / "pg_ctl", "-D", made.folder, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _make(made: Cluster, folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    login = ("--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256")
    text = ("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    _run(folder, made.programs / "initdb", "-D", made.folder, *login, *text)
    options = f"-p {made.port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    log = folder / "log"
    _run(
        folder, made.programs / "pg_ctl", "-D", made.folder, "-l", log, "-o", options, "-w", "start"
    )


def _run(folder: Path, *argv: object) -> None:
    """Run a program of the server, which refuses to be run by root."""
    words = [str(word) for word in argv]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
