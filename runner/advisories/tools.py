"""The environments of scanners: each has its own, made from a lock that ships with the runner.

An environment is kept in the user's cache (XDG Base Directory Specification, ``XDG_CACHE_HOME``).
Its folder is named after the tool, the Python and the lock, so that another lock is another folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from runner.advisories.sources.base import Door, Ended, SourceError

_LOCKS = files("runner") / "data" / "tools"
_LOCK_NAME = re.compile(r"(?P<name>[a-z-]+)-(?P<version>\d[0-9.]*)\.txt")
_MARKER = "ready"
_PATIENCE = 900.0
"""Seconds to wait for another runner that makes the same environment; pip's own retries fit in."""
_STEP = 0.1
"""Seconds between two looks at the lock."""
_INSTALL = (
    "--disable-pip-version-check", "--no-input", "install", "--quiet", "--no-deps",
    "--require-hashes", "--only-binary", ":all:", "--requirement",
)  # fmt: skip
"""No package's own code runs while it is installed, and nothing is installed but the lock."""
_OWN_FOLDER = {"PIP_USER": "0", "PIP_TARGET": "", "PIP_PREFIX": "", "PIP_ROOT": ""}
"""Index, proxy and certificates are the user's; where the packages go is not."""
_WORDS = 400
"""Characters of a tool's last words."""
_LINES = 4
"""Lines of them."""


@dataclass(frozen=True)
class Tool:
    """A scanner at a version."""

    name: str
    """Name of its distribution: ``safety``."""
    version: str
    """Exact version: ``3.7.0``."""

    def __str__(self) -> str:
        """Give both, as people write them."""
        return f"{self.name} {self.version}"


def versions(name: str) -> tuple[str, ...]:
    """List the versions of a tool for which a lock ships, in order."""
    found = (_LOCK_NAME.fullmatch(one.name) for one in _LOCKS.iterdir())
    mine = (one["version"] for one in found if one and one["name"] == name)
    return tuple(sorted(mine, key=lambda text: [int(part) for part in text.split(".")]))


def prepare(tool: Tool, door: Door) -> Path:
    """Give the Python interpreter of a tool's own environment, which is made where it is not whole.

    Raises SourceError for a tool without a lock, and with pip's last words where it cannot be made.
    """
    lock = _lock(tool)
    digest = hashlib.sha256(lock).hexdigest()[:12]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache(door.env) / "tools" / f"{tool.name}-{tool.version}-{python}-{digest}"
    interpreter = folder / "bin" / "python"
    if not _is_whole(folder):
        with _alone(folder):
            if not _is_whole(folder):
                door.log(f"making the environment of {tool} in {folder}\n")
                _make(tool, lock, folder, door)
    return interpreter


def cache(env: Mapping[str, str]) -> Path:
    """Give the runner's folder in the cache of whoever has this environment."""
    named = Path(env.get("XDG_CACHE_HOME", ""))
    home = env.get("HOME") or str(Path.home())
    # A relative path must be ignored, says the specification.
    return (named if named.is_absolute() else Path(home, ".cache")) / "upgrade-runner"


def last_words(ended: Ended) -> str:
    """Give the last lines of stderr, or else stdout, harmless to show and short."""
    text = (ended.stderr.strip() or ended.stdout.strip()).decode("utf-8", "replace")
    lines = [harmless(line).strip() for line in text.splitlines()]
    said = " / ".join([line for line in lines if line][-_LINES:])
    shortened = said if len(said) <= _WORDS else f"…{said[-_WORDS:]}"
    return shortened or f"nothing, and exit code {ended.exit_code}"


_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""Sequences of ECMA-48: colours, cursor movements, and titles."""


def harmless(text: str) -> str:
    """Take escape sequences out of a text, and show other control characters as ``?``."""
    plain = _ESCAPES.sub("", text)
    return "".join(one if one.isprintable() else "?" for one in plain.replace("\t", " "))


def _lock(tool: Tool) -> bytes:
    if tool.version not in (shipped := versions(tool.name)):
        known = ", ".join(shipped) or "none"
        raise SourceError(
            f"the runner has no lock for {tool}",
            hint=f"versions of {tool.name} that it has: {known}",
        )
    return (_LOCKS / f"{tool.name}-{tool.version}.txt").read_bytes()


def _is_whole(folder: Path) -> bool:
    """Say whether all is there that was there when it was made, down to each package's record."""
    try:
        records = (folder / _MARKER).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    usable = os.access(folder / "bin" / "python", os.X_OK)
    return usable and bool(records) and all((folder / record).is_file() for record in records)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an environment; it ends with the process, however that ends."""
    beside = folder.with_name(f"{folder.name}.lock")
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _no_place(folder, error) from error
    try:
        _wait(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise SourceError(
                    f"another process holds {folder} for {_PATIENCE:.0f} seconds",
                    hint="end that process, or set XDG_CACHE_HOME to another folder",
                ) from None
            time.sleep(_STEP)
        else:
            return


def _make(tool: Tool, lock: bytes, folder: Path, door: Door) -> None:
    """Make it where it stays, for an environment cannot be moved; the marker comes last."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        requirements = folder / "requirements.txt"
        requirements.write_bytes(lock)
        _run(tool, door, (sys.executable, "-I", "-m", "venv", str(folder)))
        pip = (str(folder / "bin" / "python"), "-I", "-m", "pip")
        _run(tool, door, (*pip, *_INSTALL, str(requirements)))
        records = sorted(folder.glob("lib/python*/site-packages/*.dist-info/RECORD"))
        names = (record.relative_to(folder).as_posix() for record in records)
        (folder / _MARKER).write_text("\n".join(names), encoding="utf-8")
    except OSError as error:
        raise _no_place(folder, error) from error


def _run(tool: Tool, door: Door, argv: tuple[str, ...]) -> None:
    ended = door.run(argv, env=_OWN_FOLDER)
    if ended.exit_code:
        raise SourceError(
            f"the environment of {tool} cannot be made: {last_words(ended)}",
            hint="it is installed from the package index that pip is set up for (PIP_INDEX_URL, "
            "PIP_FIND_LINKS): let this machine reach it, or bring the cache along (XDG_CACHE_HOME)",
        )


def _no_place(folder: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the environment {folder} cannot be written: {error.strerror}",
        hint="free some space, or set XDG_CACHE_HOME to a folder that can be written",
    )
