"""The course of an upgrade: step after step, asked before each that changes something real.

What a step does is none of its business; see `runner.upgrading.steps`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from runner.engine.clock import now
from runner.errors import ExitCode, RunnerError
from runner.events import Event, PartEnded, PartStarted
from runner.model import Outcome
from runner.model.rehearsed import Part
from runner.model.upgraded import Upgraded
from runner.rehearsal.course import halt_of

_STOPPED = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)


@dataclass(frozen=True)
class Ended:
    """How a step ended."""

    outcome: Outcome
    """``passed``, or why the upgrade ends here."""
    reason: str = ""
    """One line, for everything but ``passed``."""
    hint: str = ""
    """How it may be mended."""
    exit_code: int = 0
    """That of the process."""
    facts: tuple[str, ...] = ()
    """What was found, a line each."""


@dataclass(frozen=True)
class Step:
    """A step of the upgrade."""

    name: str
    """Unique."""
    title: str
    """What is done, for people."""
    run: Callable[[bool], Ended]
    """Carries it out; is told whether it was begun before, and was not passed."""
    changes: bool = False
    """Whether it changes something real, so that it is asked for."""
    missing: str = ""
    """Why it is left out; empty where it is not."""
    wording: Callable[[], str] | None = None
    """Gives what is asked for, where that is more than the title."""


@dataclass(frozen=True)
class Port:
    """How the course reaches the world."""

    write: Callable[[Upgraded], None]
    """Keeps the record, after each step."""
    ask: Callable[[str], bool]
    """Asks whether to go on."""
    hear: Callable[[Event], None]
    """Is told of each step."""


def carry_out(
    steps: Sequence[Step], way_back: Step, record: Upgraded, on_failure: str, port: Port
) -> Upgraded:
    """Carry the steps out that the record does not tell as passed, and give the new record.

    Where one fails after something real was changed, the way back is taken (``rollback``), offered
    (``ask``) or left (``stop``). A way back that was begun and did not end comes first: nothing
    goes forward from half of it.
    """
    if record.rolled_back is False:
        kept = tuple(one for one in record.steps if one.name != way_back.name)
        return _taken(msgspec.structs.replace(record, steps=kept), way_back, port)
    past = {one.name: one for one in record.steps}
    begun = frozenset() if record.rolled_back else {*past, record.under_way}
    record = msgspec.structs.replace(
        record, steps=(), verdict=None, exit_code=None, under_way="", rolled_back=None
    )
    port.write(record)
    for step in steps:
        known = past.get(step.name)
        if known is not None and known.outcome is Outcome.PASSED:
            record = _noted(record, replace(known, facts=("done before",)), port)
            continue
        if step.missing:
            part = Part(step.name, step.title, Outcome.SKIPPED, step.missing)
            record = _noted(record, part, port)
            continue
        if step.changes and not port.ask(f"{step.title}?"):
            return _closed(record, Outcome.ERRORED, ExitCode.INTERRUPTED, port)
        part, code = _run(step, record, port, again=step.name in begun)
        record = _noted(record, part, port)
        if part.outcome is not Outcome.PASSED:
            record = _closed(record, part.outcome, code, port)
            return _back(record, steps, way_back, on_failure, port)
    return _closed(record, Outcome.PASSED, ExitCode.PASSED, port)


def _run(step: Step, record: Upgraded, port: Port, *, again: bool) -> tuple[Part, int]:
    port.hear(PartStarted(step.title))
    started, began = now(), time.monotonic()
    port.write(msgspec.structs.replace(record, under_way=step.name))
    try:
        ended = step.run(again)
    except RunnerError as error:
        ended = Ended(Outcome.ERRORED, error.message, error.hint, int(error.exit_code))
    except (Exception, KeyboardInterrupt, SystemExit) as end:  # noqa: BLE001 - see `halt_of`
        halt = halt_of(end)
        ended = Ended(halt.outcome, halt.reason, halt.hint, halt.exit_code)
    part = Part(
        step.name,
        step.title,
        ended.outcome,
        ended.reason,
        ended.hint,
        started,
        time.monotonic() - began,
        facts=ended.facts,
    )
    return part, ended.exit_code


def _noted(record: Upgraded, part: Part, port: Port) -> Upgraded:
    record = msgspec.structs.replace(record, steps=(*record.steps, part))
    port.write(record)
    port.hear(PartEnded(part))
    return record


def _closed(record: Upgraded, verdict: Outcome, code: int, port: Port) -> Upgraded:
    record = msgspec.structs.replace(record, verdict=verdict, exit_code=int(code))
    port.write(record)
    return record


def _back(
    record: Upgraded, steps: Sequence[Step], way_back: Step, on_failure: str, port: Port
) -> Upgraded:
    """Take the way back, where something real was begun to be changed; the verdict stays."""
    begun = {one.name for one in record.steps if one.outcome is not Outcome.SKIPPED}
    changed = any(step.changes and step.name in begun for step in steps)
    wished = on_failure == "rollback" or (on_failure == "ask" and changed)
    if not changed or not wished or record.exit_code in _STOPPED:
        return record
    wording = way_back.wording() if way_back.wording and on_failure == "ask" else way_back.title
    if on_failure == "ask" and not port.ask(f"{wording}?"):
        return record
    return _taken(record, way_back, port)


def _taken(record: Upgraded, way_back: Step, port: Port) -> Upgraded:
    """Go the way back; after it nothing counts as done: the next upgrade begins anew."""
    record = msgspec.structs.replace(record, under_way="", rolled_back=False)
    part, _ = _run(way_back, record, port, again=False)
    back = part.outcome is Outcome.PASSED
    kept = tuple(
        replace(one, outcome=Outcome.SKIPPED, reason="rolled back")
        if one.outcome is Outcome.PASSED
        else one
        for one in record.steps
    )
    record = msgspec.structs.replace(record, steps=kept if back else record.steps, rolled_back=back)
    return _noted(record, part, port)
