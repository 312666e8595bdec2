"""The environments of scanners: each has its own, made from a lock that ships with the runner.

An environment is kept in the user's cache (XDG Base Directory Specification, ``XDG_CACHE_HOME``).
Its folder is named after the tool, the Python and the lock, so that another lock is another folder.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from runner.advisories.environments import made
from runner.advisories.sources.base import Door, Ended, SourceError

_LOCKS = files("runner") / "data" / "tools"
_LOCK_NAME = re.compile(r"(?P<name>[a-z-]+)-(?P<version>\d[0-9.]*)\.txt")
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
    with made(folder) as fresh:
        if fresh:
            door.log(f"making the environment of {tool} in {folder}\n")
            _make(tool, lock, folder, door)
    return folder / "bin" / "python"


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


def _make(tool: Tool, lock: bytes, folder: Path, door: Door) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_bytes(lock)
    _run(tool, door, (sys.executable, "-I", "-m", "venv", str(folder)))
    pip = (str(folder / "bin" / "python"), "-I", "-m", "pip")
    _run(tool, door, (*pip, *_INSTALL, str(requirements)))


def _run(tool: Tool, door: Door, argv: tuple[str, ...]) -> None:
    ended = door.run(argv, env=_OWN_FOLDER)
    if ended.exit_code:
        raise SourceError(
            f"the environment of {tool} cannot be made: {last_words(ended)}",
            hint="it is installed from the package index that pip is set up for (PIP_INDEX_URL, "
            "PIP_FIND_LINKS): let this machine reach it, or bring the cache along (XDG_CACHE_HOME)",
        )
