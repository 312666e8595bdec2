"""Keep the files that a check names as evidence."""

from __future__ import annotations

import glob
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

from runner.engine.session import Session
from runner.engine.tree import as_text
from runner.errors import DossierError
from runner.model import Artifact, Check
from runner.playbook.expressions import resolve_deep

_CHUNK = 1 << 18
"""Bytes copied at once."""


def collect(session: Session, check: Check) -> tuple[tuple[Artifact, ...], tuple[str, ...]]:
    """Copy, redacted, every file that the check's globs match.

    Gives the copies, and the patterns that matched nothing. Raises DossierError.
    """
    kept: list[Artifact] = []
    missed: list[str] = []
    names: dict[str, Path] = {}
    for pattern in resolve_deep(check.artifacts, session.lookup):
        files = sorted(_matches(session, pattern))
        kept.extend(_keep(session, file, _name(session, check, file, names)) for file in files)
        if not files:
            missed.append(pattern)
    return tuple(kept), tuple(missed)


def _matches(session: Session, pattern: str) -> Iterator[Path]:
    """Give the regular files below the repository or the scratch folder, links resolved."""
    roots = (session.repository.resolve(), session.scratch)
    for name in glob.iglob(pattern, root_dir=session.repository, recursive=True):  # noqa: PTH207 - takes absolute patterns too
        path = (session.repository / name).resolve()
        inside = any(path.is_relative_to(root) for root in roots)
        if inside and path.is_file() and not path.is_relative_to(session.live.resolve()):
            yield path


def _name(session: Session, check: Check, file: Path, names: dict[str, Path]) -> str:
    """Give the copy's path in the dossier, without secrets, and other than those of the others."""
    root = session.scratch if file.is_relative_to(session.scratch) else session.repository
    inside = session.redactor.text(as_text(str(file.relative_to(root.resolve()))))
    plain = f"{session.stage}/artifacts/{check.id}/{inside}"
    numbered = (f"{plain}.{number}" for number in itertools.count(2))
    every = itertools.chain((plain,), numbered)
    name = next(one for one in every if names.get(one, file) == file)
    names[name] = file
    return name


def _keep(session: Session, file: Path, name: str) -> Artifact:
    target = session.live / name
    digest, size = hashlib.sha256(), 0
    stream = session.redactor.stream()
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as source, part.open("wb") as copy:
            for piece in iter(lambda: source.read(_CHUNK), b""):
                clean = stream.feed(piece)
                digest.update(clean)
                size += copy.write(clean)
            rest = stream.close()
            digest.update(rest)
            size += copy.write(rest)
        part.replace(target)
    except OSError as error:
        raise DossierError(f"cannot keep {name}: {error.strerror}") from error
    return Artifact(name, size, digest.hexdigest())
