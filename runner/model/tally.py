"""What the results of a run come to, found in one reading: there may be a hundred thousand."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from runner.model.results import Result
from runner.model.words import Outcome

_UNHAPPY = frozenset({Outcome.FAILED, Outcome.ERRORED})


class Tally(msgspec.Struct, frozen=True):
    """Counts, and the places in the sequence of results of those that more is to be said of."""

    outcomes: Mapping[Outcome, int]
    """How many ended how."""
    allowed: int = 0
    """How many failed that may: they do not count."""
    resumed: int = 0
    """How many were taken over from an earlier run."""
    flaky: Sequence[int] = ()
    """Those that passed, but not at the first attempt."""
    unhappy: Sequence[int] = ()
    """Those that failed or could not be decided."""
    retried: Sequence[int] = ()
    """Those with more than one attempt."""
    not_passed: Sequence[int] = ()
    """Those that did not pass, the skipped ones included."""
    with_cases: Sequence[int] = ()
    """Those whose last attempt has cases of an inner test runner."""
    kinds: Mapping[str, Sequence[int]] = msgspec.field(default_factory=dict)
    """By the kind of a step of their last attempt."""

    def counted(self, outcome: Outcome) -> int:
        """Give how many ended so, without the failures that are allowed."""
        failed = outcome is Outcome.FAILED
        return self.outcomes.get(outcome, 0) - (self.allowed if failed else 0)


def tally_of(results: Iterable[Result]) -> Tally:
    """Read results through."""
    outcomes: Counter[Outcome] = Counter()
    allowed = resumed = 0
    flaky, unhappy, retried, not_passed, with_cases = (array("q") for _ in range(5))
    kinds: dict[str, array[int]] = {}
    for place, result in enumerate(results):
        outcome = result.outcome
        outcomes[outcome] += 1
        if outcome is not Outcome.PASSED:
            not_passed.append(place)
            if outcome in _UNHAPPY:
                unhappy.append(place)
                allowed += not result.counts
        resumed += result.resumed
        if result.flaky:
            flaky.append(place)
        if not result.attempts:
            continue
        if len(result.attempts) > 1:
            retried.append(place)
        steps = result.attempts[-1].steps
        for kind in {step.kind for step in steps}:
            kinds.setdefault(kind, array("q")).append(place)
        if any(step.report.cases for step in steps):
            with_cases.append(place)
    return Tally(outcomes, allowed, resumed, flaky, unhappy, retried, not_passed, with_cases, kinds)
