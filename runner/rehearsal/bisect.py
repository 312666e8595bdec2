"""Bisect: rehearse the versions between two, to find the first that breaks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from packaging.version import Version

from runner.advisories.sources.base import Door
from runner.advisories.versions import package_name
from runner.engine.errand import errand
from runner.engine.files import write_atomic
from runner.engine.rehearsals import place_of, rehearsed
from runner.errors import DossierError, ExitCode
from runner.model import Outcome, Playbook
from runner.model.bisected import FORMAT, Bisected, Tried, encode
from runner.model.rehearsed import Rehearsed
from runner.rehearsal.checkout import head
from runner.rehearsal.rehearse import World, playbook_of, refuse_odd, rehearse
from runner.release.effects import gate_of
from runner.release.upstream import INDEX, source
from runner.release.upstream.base import Question

_ABOUT_THE_VERSION = frozenset({"migrate", "after", "rollback", "restored", "compare"})
"""Parts in which it is the new version that does not hold; in every other nothing is decided."""


@dataclass
class Bisection:
    """A bisection at work."""

    world: World
    """Of each of its rehearsals."""
    before: str
    """The version that every rehearsal begins with."""
    after: str
    """The version that is to be reached."""
    resume: bool
    """Whether rehearsals of an earlier bisection count, of the same commit and unchanged files."""
    told: Callable[[str], None]
    """Hears what is rehearsed next."""
    tried: list[Tried] = field(default_factory=list)
    """So far."""

    def run(self) -> Bisected:
        """Rehearse as few versions as it takes; raises what `rehearse` and the index raise."""
        book = playbook_of(self.world)
        self.before = self.before or book.release.version
        refuse_odd(self.before, self.after)
        with errand(Path(book.repository), environment=dict(self.world.environment)) as door:
            commit = head(Path(book.repository), door)
            versions = between(book, self.before, self.after, door)
        place = self.world.output / "rehearsals" / f"bisect-{self.before}-{self.after}"
        if not self.resume:
            shutil.rmtree(place, ignore_errors=True)
        self.world = replace(self.world, data=place / "data")
        passing, breaking, decided = self._search(versions, commit)
        record = self._record(book, versions, passing, breaking if decided else "", decided)
        if decided:  # the copy of the data is kept for a --resume alone
            shutil.rmtree(place, ignore_errors=True)
        self.world.output.mkdir(parents=True, exist_ok=True)
        write_atomic(place.with_name(f"{place.name}.json"), encode(record))
        return record

    def _search(self, versions: tuple[str, ...], commit: str) -> tuple[str, str, bool]:
        """Give the last that passes, the first that breaks, and whether that was decided."""
        left, passing, breaking = list(versions[:-1]), self.before, ""
        version = self.after
        while True:
            one = self._try(version, commit)
            if one.answer == "undecided" or (version == self.after and one.answer != "breaks"):
                return (version if one.answer == "passes" else passing), "", one.answer == "passes"
            if one.answer == "does not resolve":
                left.remove(version)
            elif one.answer == "passes":
                passing = version
                left = [other for other in left if Version(other) > Version(version)]
            else:
                breaking = version
                left = [other for other in left if Version(other) < Version(version)]
            if not left:
                return passing, breaking, True
            version = left[len(left) // 2]

    def _try(self, version: str, commit: str) -> Tried:
        self.told(f"{self.before} to {version}")
        began = time.monotonic()
        record = self._earlier(version, commit) if self.resume else None
        reused = record is not None
        if record is None:
            record = rehearse(self.world, version, self.before)
        dossier = str(place_of(self.world.output, self.before, version) / "live")
        took = record.duration if reused else time.monotonic() - began
        one = Tried(version, _answer(record), record.reason, took, reused, dossier)
        self.tried.append(one)
        return one

    def _earlier(self, version: str, commit: str) -> Rehearsed | None:
        """Give what was rehearsed before, where it is of this commit and decided something."""
        try:
            record = rehearsed(self.world.output / "live", self.before, version)
        except DossierError:  # it was changed: rehearse again
            return None
        if record is None or record.dirty or record.commit != commit:
            return None
        return None if _answer(record) == "undecided" else record

    def _record(
        self,
        book: Playbook,
        versions: tuple[str, ...],
        passing: str,
        breaking: str,
        decided: bool,  # noqa: FBT001 - the last of the three that a search gives
    ) -> Bisected:
        verdict: Literal["passes", "breaks", "undecided"] = "undecided"
        if decided:
            verdict = "breaks" if breaking else "passes"
        codes = {"passes": ExitCode.PASSED, "breaks": ExitCode.FAILED}
        return Bisected(
            format=FORMAT,
            package=book.release.package,
            before=self.before,
            after=self.after,
            versions=versions,
            tried=tuple(self.tried),
            last_passing=passing,
            first_breaking=breaking,
            verdict=verdict,
            exit_code=int(codes.get(verdict, ExitCode.ERRORED)),
        )


def _answer(record: Rehearsed) -> Literal["passes", "breaks", "does not resolve", "undecided"]:
    if record.exit_code in {ExitCode.INTERRUPTED, ExitCode.TERMINATED}:
        return "undecided"
    if record.verdict is Outcome.PASSED:
        return "passes"
    if record.part == "bump" and record.verdict is Outcome.FAILED:
        return "does not resolve"
    return "breaks" if record.part in _ABOUT_THE_VERSION else "undecided"


def between(book: Playbook, before: str, after: str, door: Door) -> tuple[str, ...]:
    """Give the versions of the index after one and before another, and that other, in order.

    Those that were taken back are left out, and pre-releases unless they are allowed. Raises
    UpstreamError where the index cannot be asked.
    """
    gate = gate_of(book, Path(book.repository))
    package = package_name(book.release.package)
    question = Question(book.release, package, book.upstream, door, gate.python)
    first, last = Version(before), Version(after)
    found = {
        one.version
        for one in source(INDEX).ask(question).offers
        if first < one.version < last
        and one.yanked is None
        and (book.upstream.prereleases or not one.version.is_prerelease)
    }
    return (*map(str, sorted(found)), after)
