"""The recommendation: the smallest step that satisfies the policy, and why not another one.

To resolve a candidate and to show it to scanners takes seconds, so that is done from the most
promising one on: the fewest forbidden findings first, as far as they are known, and among equals
the smallest step. The newest one is tried as well, for everybody asks why it is not that.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from runner.release.candidates import Candidate
from runner.release.effects import Effect
from runner.release.upstream.resolution import Resolution

UNTRIED = Resolution("not tried")
"""Of a candidate that nobody had to resolve."""


@dataclass(frozen=True)
class Assessment:
    """A candidate, and what was found of it."""

    candidate: Candidate
    """Which one."""
    effect: Effect
    """On the advisories, by every source where it was tried, else by those that know all."""
    resolution: Resolution = UNTRIED
    """Whether it resolves."""
    tried: bool = False
    """Whether it was resolved, and shown to every source."""
    verdict: str = ""
    """Why it is not recommended, or why it is; a sentence."""

    @property
    def version(self) -> Version:
        """Which one."""
        return self.candidate.version

    @property
    def taken(self) -> bool:
        """Say whether it could be recommended."""
        return self.tried and self.resolution.answer != "no"

    @property
    def rank(self) -> tuple[int, int, Version]:
        """Order candidates, the best first; of one that was not tried it is the best it can be."""
        doubt = int(self.tried and self.resolution.answer == "unknown")
        return self.effect.forbidden, doubt, self.version


@dataclass(frozen=True)
class Recommendation:
    """Which version to take, and what was found of every candidate."""

    version: Version | None
    """None for staying with the release's version."""
    reason: str
    """Why; a sentence."""
    satisfied: bool
    """Whether the policy is satisfied by the version, or by the release's where it stays."""
    assessments: tuple[Assessment, ...] = ()
    """Every candidate in order."""
    doubts: tuple[str, ...] = ()
    """What makes the recommendation less than sure; a sentence each."""


@dataclass
class Chooser:
    """Tries candidates until the best one is known."""

    cheap: Callable[[Version], Effect]
    """Gives what is known of a version without asking anybody."""
    whole: Callable[[Version], Effect]
    """Asks every source about a version."""
    resolve: Callable[[Version], Resolution]
    """Asks a resolver about a version."""
    most: int
    """How many candidates are tried, besides the newest."""
    failed: Collection[str] = ()
    """Names of sources that could not answer; it may grow while they are asked."""
    every: bool = False
    """Whether every candidate is tried, also one that could not be recommended anyway."""
    _found: dict[Version, Assessment] = field(default_factory=dict)

    def choose(self, current: Effect, candidates: Sequence[Candidate]) -> Recommendation:
        """Recommend one of the candidates, or none; ``current`` is the release as it is."""
        self._found = {one.version: Assessment(one, self.cheap(one.version)) for one in candidates}
        open_ = [one.version for one in candidates if one.eligible]
        if not candidates:
            return self._told(None, "there is no newer version in the index", current)
        if not open_:
            return self._told(None, "no newer version can be taken", current)
        for version in open_ if self.every else open_[-1:]:
            self._try(version)
        if current.judgement is None:
            told = "no policy is stated under 'advisories', so that nothing asks for a step"
            return self._told(None, told, current)
        if not current.forbidden:
            undecided = self.failed or current.judgement.errors
            told = "whether the release's version satisfies the policy is not known"
            if not undecided:
                told = "the release's version satisfies the policy, so that nothing asks for a step"
            return self._told(None, told, current)
        best, untried = self._search(open_)
        return self._verdict(best, current, untried)

    def _search(self, open_: Sequence[Version]) -> tuple[Assessment | None, int]:
        """Give the best one that can be taken, and how many could not be tried before it."""
        queue = [self._found[version].rank for version in open_]
        heapq.heapify(queue)
        left = self.most
        while queue:
            version = heapq.heappop(queue)[-1]
            one = self._found[version]
            if one.taken:
                return one, 0
            if one.tried:
                continue
            if not left:
                break
            left -= 1
            self._try(version)
            heapq.heappush(queue, self._found[version].rank)
        untried = [one for one in self._eligible() if not one.tried]
        ready = sorted((one for one in self._eligible() if one.taken), key=lambda one: one.rank)
        return (ready[0] if ready else None), len(untried)

    def _eligible(self) -> list[Assessment]:
        return [one for one in self._found.values() if one.candidate.eligible]

    def _try(self, version: Version) -> None:
        one = self._found[version]
        if one.tried:
            return
        self._found[version] = replace(
            one, resolution=self.resolve(version), effect=self.whole(version), tried=True
        )

    def _verdict(self, best: Assessment | None, current: Effect, untried: int) -> Recommendation:
        limit = f"{untried} candidates were not tried: 'upstream.candidates' is {self.most}"
        doubts = [limit] if untried else []
        if best is None:
            return self._told(None, "no candidate that was tried resolves", current, doubts)
        now, then = current.forbidden, best.effect.forbidden
        if then >= now:
            told = f"no candidate leaves fewer forbidden findings than the {now} that are there"
            return self._told(None, told, current, doubts)
        if not then:
            told = "the smallest step that satisfies the policy"
        else:
            told = (
                f"no candidate satisfies the policy; it leaves the fewest forbidden findings, "
                f"{then} of {now}, and is the smallest step that does"
            )
        return self._told(best, told, best.effect, doubts)

    def _told(
        self,
        best: Assessment | None,
        reason: str,
        effect: Effect,
        doubts: Sequence[str] = (),
    ) -> Recommendation:
        more = list(doubts)
        if best and best.resolution.answer == "unknown":
            more.append(f"whether it resolves is not known: {best.resolution.detail}")
        if effect.judgement:
            more += [f"the policy is not decided: {one}" for one in effect.judgement.errors]
        more += [f"the source '{one}' could not answer: it may know of more" for one in self.failed]
        told = tuple(replace(one, verdict=_why(one, best, reason)) for one in self._found.values())
        judged = effect.judgement
        wanting = judged is None or judged.forbidden or judged.errors or self.failed
        satisfied = not wanting
        return Recommendation(best.version if best else None, reason, satisfied, told, tuple(more))


def _why(one: Assessment, best: Assessment | None, reason: str) -> str:
    if one.candidate.rejections:
        return "; ".join(one.candidate.rejections)
    if one.resolution.answer == "no":
        return f"it does not resolve: {one.resolution.detail}"
    if best is None or one.version == best.version:
        return reason
    left, fewest = one.effect.forbidden, best.effect.forbidden
    if left > fewest:
        found = f"{left} forbidden finding{'s' * (left != 1)}"
        return f"it leaves {found}, {best.version} leaves {fewest or 'none'}"
    if one.tried and one.resolution.answer == "unknown":
        return f"whether it resolves is not known, {best.version} does"
    return f"a larger step than {best.version}, which leaves as few"
