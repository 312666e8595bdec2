"""Many repositories under one playbook: each one's bundle, and whether its verdict counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from runner.errors import ExitCode, UsageError
from runner.evidence.acceptance import Expected, objections
from runner.evidence.verification import verify
from runner.model import Outcome, Run

_ENDING: Final = ".tar.gz"
# GitHub's names: letters, digits and hyphens, then dots and underscores as well.
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$"
_COMMIT: Final = "^([0-9a-f]{40}|[0-9a-f]{64})?$"
_FOLDER: Final = r"^([A-Za-z0-9_-][A-Za-z0-9._-]*)?$"
_SHAPE: Final = 'it is a list of {"repository": "OWNER/NAME", "commit": "…", "folder": "…"}'


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A repository that was asked."""

    repository: Annotated[str, Meta(pattern=_NAME)]
    """``OWNER/NAME``."""
    commit: Annotated[str, Meta(pattern=_COMMIT)]
    """The git commit that was to be validated; empty where it could not be found."""
    folder: Annotated[str, Meta(pattern=_FOLDER)] = ""
    """Where its evidence is, below that of all; ``OWNER__NAME`` where it does not say."""

    @property
    def home(self) -> str:
        """Name of the folder of its evidence."""
        return self.folder or self.repository.replace("/", "__", 1)


@dataclass(frozen=True)
class Row:
    """What a repository has come to."""

    repository: str
    """``OWNER/NAME``; the name of what is there where nobody asked for it."""
    commit: str
    """What was to be validated, or empty."""
    verdict: Outcome
    """Passed only where a bundle that holds says so of this commit and playbook."""
    reasons: tuple[str, ...] = ()
    """Why it has not passed."""
    bundle: str = ""
    """Path of the bundle below the evidence of all; empty where there is not just one."""
    run: Run | None = None
    """What the bundle records of the stage; None where that cannot be told."""


@dataclass(frozen=True)
class Fleet:
    """What all of them have come to."""

    rows: tuple[Row, ...]
    """Those that were asked in their order, then what nobody asked for."""

    @property
    def verdict(self) -> Outcome:
        """What could not be decided outweighs what was decided against."""
        found = {one.verdict for one in self.rows}
        worst = (Outcome.ERRORED, Outcome.FAILED)
        return next((one for one in worst if one in found), Outcome.PASSED)

    @property
    def exit_code(self) -> ExitCode:
        """Give that of the process."""
        return ExitCode[self.verdict.name]


def members(path: Path) -> tuple[Member, ...]:
    """Read which repositories were asked; raises UsageError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=tuple[Member, ...])
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no list of repositories: {error}", hint=_SHAPE) from error
    if not found:
        raise UsageError(f"{path} names no repository: nothing ran", hint=_SHAPE)
    _refuse_doubles(path, [one.repository for one in found])
    _refuse_doubles(path, [one.home for one in found])
    return found


def _refuse_doubles(path: Path, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:  # GitHub's names do not differ by case alone
            raise UsageError(f"{path} names {name} twice", hint="one line for each repository")
        seen.add(name.lower())


def fleet(asked: Sequence[Member], evidence: Path, expected: Expected) -> Fleet:
    """Judge each repository by its bundle; ``expected`` is what all have in common.

    Raises UsageError where the folder of the evidence cannot be read.
    """
    rows = [_row(one, evidence, expected) for one in asked]
    known = {one.home for one in asked}
    rows += [
        Row(name, "", Outcome.ERRORED, ("nobody asked for it: it is not in the list",))
        for name in _entries(evidence)
        if name not in known
    ]
    return Fleet(tuple(rows))


def _entries(evidence: Path) -> list[str]:
    try:
        return sorted(path.name for path in evidence.iterdir())
    except FileNotFoundError:  # no job has left anything
        return []
    except OSError as error:
        raise UsageError(f"cannot read {evidence}: {error.strerror}") from error


def _row(member: Member, evidence: Path, expected: Expected) -> Row:
    if not member.commit:
        return _undecided(member, ("its commit was not found: it was not validated",))
    bundles = sorted((evidence / member.home).glob(f"*{_ENDING}"))
    if len(bundles) != 1:
        told = f"{len(bundles)} bundles, where one is meant" if bundles else "no bundle"
        return _undecided(member, (f"{told}: its job has left no verdict",))
    return _judged(member, bundles[0], evidence, expected)


def _undecided(member: Member, reasons: tuple[str, ...], bundle: str = "") -> Row:
    return Row(member.repository, member.commit, Outcome.ERRORED, reasons, bundle)


def _judged(member: Member, path: Path, evidence: Path, expected: Expected) -> Row:
    name = path.relative_to(evidence).as_posix()
    try:
        found = verify(path)
    except UsageError as error:
        return _undecided(member, (error.message,), name)
    if not found.holds:
        return _undecided(member, (f"the bundle does not hold: {found.problems[0]}",), name)
    run = _run(found.runs.get(f"{expected.stage}/run.json", b""))
    against = tuple(objections(found.runs, replace(expected, commit=member.commit)))
    return Row(member.repository, member.commit, _verdict(run, against), against, name, run)


def _run(record: bytes) -> Run | None:
    try:
        return msgspec.json.decode(record, type=Run)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _verdict(run: Run | None, against: Sequence[str]) -> Outcome:
    """Take a no for a no where nothing else speaks against the record."""
    if not against:
        return Outcome.PASSED
    only = len(against) == 1 and run is not None and run.verdict is Outcome.FAILED
    return Outcome.FAILED if only else Outcome.ERRORED
