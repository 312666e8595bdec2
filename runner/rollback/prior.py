"""The release of before, as the repository's history has it: texts and, above all, its locks.

A pin alone does not resolve any more to what ran (a release of MLflow from a year ago takes today's
SQLAlchemy and dies with it), so a rollback goes back to the locks, not to the pins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from runner.advisories.sources.base import Door
from runner.model import Playbook, Release
from runner.release.wish import Wish

_ROLLED_BACK = "rolled_back"
_FARTHEST = 500
"""Commits of the playbook that are looked at."""
_TEXTS = ("image", "status", "release_notes")
_GIT = ("git", "-c", "core.hooksPath=/dev/null", "--no-optional-locks")


@dataclass(frozen=True)
class Prior:
    """What the repository goes back to."""

    release: Release
    """As the playbook is to have it."""
    plain: Release
    """The same with its texts as they are now, where those of before have no place any more."""
    locks: Mapping[str, str] = field(default_factory=dict)
    """Path of each lock to its text."""
    commit: str = ""
    """Where both are from; empty where no commit has that version."""


def prior(book: Playbook, version: str, door: Door) -> Prior:
    """Find the newest commit whose playbook has a version; without one, the pins alone go back.

    Commits that leave the playbook alone may have changed a lock, so it is the last commit before
    the one in which the playbook went to another version.
    """
    moved = Wish(version, upgrade_status=_ROLLED_BACK)
    release = moved.of(book.release, allow_downgrade=True)
    path = os.path.relpath(book.file, book.repository)
    last = "HEAD"
    for changed in _commits(book, path, door):
        known = _release(_shown(book, changed, path, door))
        if str(known.get("version", "")) == version:
            commit = _named(book, last, door) or changed
            locks = _locks(book, commit, version, door)
            return Prior(_as_it_was(release, known), release, locks, commit)
        last = f"{changed}^"
    return Prior(release, release)


def _commits(book: Playbook, path: str, door: Door) -> Iterator[str]:
    words = ("log", f"--max-count={_FARTHEST}", "--format=%H", "--", path)
    ended = door.run((*_GIT, "-C", book.repository, *words))
    yield from ended.stdout.decode().split() if not ended.exit_code else ()


def _named(book: Playbook, commit: str, door: Door) -> str:
    """Give the full name of a commit; nothing where there is none, as before the first."""
    words = ("rev-parse", "--verify", "--quiet", commit)
    ended = door.run((*_GIT, "-C", book.repository, *words))
    return ended.stdout.decode().strip() if not ended.exit_code else ""


def _shown(book: Playbook, commit: str, path: str, door: Door) -> bytes:
    """Give a file of a commit; nothing where it had none."""
    name = f"{commit}:./{Path(path).as_posix()}"
    ended = door.run((*_GIT, "-C", book.repository, "cat-file", "blob", name))
    return ended.stdout if not ended.exit_code else b""


def _release(content: bytes) -> Mapping[str, Any]:
    """Read ``release`` of a playbook of any age; nothing where it is not to be read."""
    try:
        told = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    known = told.get("release") if isinstance(told, dict) else None
    return known if isinstance(known, dict) else {}


def _as_it_was(release: Release, known: Mapping[str, Any]) -> Release:
    """Take the texts of before, where they are texts."""
    texts = {key: known[key] for key in _TEXTS if isinstance(known.get(key), str)}
    cves = known.get("cves", ())
    told = tuple(one for one in cves if isinstance(one, str)) if isinstance(cves, list) else ()
    return replace(release, **texts, cves=told)


def _locks(book: Playbook, commit: str, version: str, door: Door) -> dict[str, str]:
    """Give the locks of a commit, but for one that has the package at another version."""
    package = re.escape(book.release.package)
    pinned = re.compile(rf"^{package}==([^\s;\\]+)", re.MULTILINE | re.IGNORECASE)
    found = {}
    for name in dict.fromkeys(lock for pin in book.pins for lock in pin.locks):
        try:
            text = _shown(book, commit, name, door).decode()
        except UnicodeDecodeError:
            continue
        if text and set(pinned.findall(text)) <= {version}:
            found[name] = text
    return found
