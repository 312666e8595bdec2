"""Whether a verdict in a bundle may be taken for the one that is needed.

A bundle that holds may hold a green run of another commit, of a dirty work tree, of other pins, of
a profile that is not the one of production, or of a part of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from runner.model import Run


@dataclass(frozen=True)
class Expected:
    """What the verdict must be about; None asks for nothing."""

    stage: str = "verification"
    """The stage whose verdict it is."""
    commit: str | None = None
    """The git commit, at least seven digits of it; its work tree must have had no changes."""
    version: str | None = None
    """The release's version."""
    profile: str | None = None
    """The profile laid over the playbook; empty for none."""
    playbook: str | None = None
    """SHA-256 of the playbook's bytes, hexadecimal."""

    @property
    def asks(self) -> bool:
        """Say whether anything is expected at all."""
        about = (self.commit, self.version, self.profile, self.playbook)
        return any(one is not None for one in about)


def objections(runs: Mapping[str, bytes], expected: Expected) -> Iterator[str]:
    """Say why the verdict is not the one that is needed; nothing where it is."""
    from runner.model import Run  # it takes a while, and most are asked nothing

    path = f"{expected.stage}/run.json"
    if path not in runs:
        yield f"it holds no run of the stage '{expected.stage}'"
        return
    try:
        run = msgspec.json.decode(runs[path], type=Run)
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield f"{path}: is not the record of a run"
        return
    yield from _verdict(path, run)
    yield from _subject(path, run, expected)


def _verdict(path: str, run: Run) -> Iterator[str]:
    from runner.model import Outcome

    if run.verdict is not Outcome.PASSED:
        yield f"{path}: its verdict is {run.verdict}"
    if run.interrupted:
        yield f"{path}: it was interrupted by {run.interrupted}"
    if run.selected < run.total or not run.results:
        yield f"{path}: only {run.selected} of {run.total} checks were run"


def _subject(path: str, run: Run, expected: Expected) -> Iterator[str]:
    subject = run.subject
    if expected.commit is not None:
        if not (subject.commit and subject.commit.startswith(expected.commit.lower())):
            yield f"{path}: is of commit {subject.commit or 'none'}, not {expected.commit}"
        if subject.dirty:
            yield f"{path}: the work tree had changes that are not in commit {subject.commit}"
    pairs = (
        ("version", subject.version, expected.version),
        ("profile", subject.profile, expected.profile),
        ("playbook", subject.playbook_sha256, expected.playbook),
    )
    for what, there, wanted in pairs:
        if wanted is not None and there != wanted:
            yield f"{path}: is of {what} {there or 'none'}, not {wanted or 'none'}"
