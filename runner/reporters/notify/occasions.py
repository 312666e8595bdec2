"""What of a run is worth telling, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from runner.model import Outcome, Result, Run
from runner.reporters.base import Context, Dossier
from runner.reporters.markdown import summary
from runner.reporters.markdown.folding import Limit
from runner.reporters.reading import UNHAPPY, last

Occasion: TypeAlias = Literal["failed", "recovered", "vulnerabilities_green", "freeze"]
"""What can be told of; `runner.playbook.notify.OCCASIONS` has the same words."""
FREEZE: Occasion = "freeze"
"""That nothing is to be deployed for a while."""
_LONGEST = Limit(3000, 9000)
"""Of a message: less than the least of Slack, Teams and Discord takes whole is not worth more."""
_SCANS = "advisories"


@dataclass(frozen=True)
class Message:
    """What somebody is told."""

    occasion: Occasion
    """Of what."""
    title: str
    """One line."""
    body: str
    """Markdown."""


def messages(
    run: Run, before: Run | None, dossier: Dossier, context: Context
) -> tuple[Message, ...]:
    """Give what is to be told of a run; ``before`` is the run of the stage that it replaced.

    Nothing of one in which only some checks were selected: that is work in progress.
    """
    if run.selected < run.total or run.interrupted:
        return ()
    told = tuple(_occasions(run, before))
    body = summary(run, dossier, context, _LONGEST) if told else ""
    return tuple(Message(one, _title(one, run), body) for one in told)


def _occasions(run: Run, before: Run | None) -> Iterator[Occasion]:
    if run.verdict is not Outcome.PASSED:
        yield "failed"
        return
    if before is not None and before.verdict in UNHAPPY:
        yield "recovered"
    if any(_turned_green(one, before) for one in run.results):
        yield "vulnerabilities_green"


def _turned_green(result: Result, before: Run | None) -> bool:
    """Say whether a gate on vulnerabilities passed that had something to say no to before."""
    attempt = last(result)
    if attempt is None or result.outcome is not Outcome.PASSED:
        return False
    gates = [
        step.report.outputs
        for step in attempt.steps
        if step.kind == _SCANS and "forbidden" in step.report.outputs
    ]
    if not gates:
        return False
    earlier = before.results if before else ()
    was_red = any(one.check == result.check and one.outcome is Outcome.FAILED for one in earlier)
    return was_red or any(int(one.get("gone", "0")) > 0 for one in gates)


def _title(occasion: Occasion, run: Run) -> str:
    release = f"{run.subject.package} {run.subject.version}"
    words = {
        "failed": f"{release}: {run.stage} {_word(run.verdict)}",
        "recovered": f"{release}: {run.stage} passes again",
        "vulnerabilities_green": f"{release}: no forbidden vulnerability is left",
        "freeze": f"{release}: freeze",
    }
    return words[occasion]


def _word(verdict: Outcome) -> str:
    return "could not run" if verdict is Outcome.SKIPPED else verdict.value


def freeze(release: str, text: str) -> Message:
    """Announce a freeze of a release, in the owner's words."""
    return Message(FREEZE, f"{release}: freeze", text)
