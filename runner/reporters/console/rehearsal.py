"""What a person sees of a rehearsal: a line for each part, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.events import Event, PartEnded, PartStarted, RunEnded
from runner.model import Outcome
from runner.model.rehearsed import Migration, Outage, Part, Rehearsed, TableChange
from runner.model.upgraded import Upgraded
from runner.reporters.console.closing import closing
from runner.reporters.console.page import TONES, Line, Look, Tone, line, say
from runner.reporters.console.paper import Paper
from runner.reporters.console.plain import Plain
from runner.reporters.console.rows import row
from runner.reporters.console.story import wrapped
from runner.reporters.text import count, duration, one_line

_COLUMN = 40
"""Cells for the title of a part."""
_MOST = 12
"""Tables that are named."""


class Parts:
    """Prints a line for each part, as it ends."""

    def __init__(self, paper: Paper, *, quiet: bool = False) -> None:
        """Print on paper; where it is to be quiet, only what did not pass."""
        self._paper = paper
        self._quiet = quiet

    def hear(self, event: Event) -> None:
        """Print what the event tells."""
        self._paper.print(self._lines(event))

    def _lines(self, event: Event) -> Iterator[Line]:
        look = self._paper.look
        if isinstance(event, PartStarted) and not self._quiet:
            yield line(say(f"  {event.title} {look.ellipsis}", Tone.FAINT))
        elif isinstance(event, PartEnded):
            part = event.part
            if part.outcome is not Outcome.PASSED or not self._quiet:
                yield _part(part, look)


class Troubles(Plain):
    """Prints of a stage nothing but what did not pass."""

    def _lines(self, event: Event) -> Iterator[Line]:
        if isinstance(event, RunEnded) and event.run.verdict is not Outcome.PASSED:
            yield from closing(event.run, self._pointers, self._paper.look, brief=True)


def _part(part: Part, look: Look) -> Line:
    mark = say(f"{look.mark(part.outcome)} ", TONES[part.outcome])
    clock = duration(part.duration) if part.started else ""
    remark = part.reason or f" {look.dot} ".join(part.facts)
    return row(mark, part.title, clock, remark, _COLUMN, look)


def picture(record: Rehearsed, dossier: str, look: Look) -> Iterator[Line]:
    """Give what came of a rehearsal, once all its parts were told."""
    yield ()
    yield from _outage(record.outage)
    if record.migration is not None:
        yield from _migration(record.migration, look)
    if record.restored is not None:
        told = "every row and artifact is back" if record.restored else "not everything is back"
        yield _fact("rollback", told, Tone.PLAIN if record.restored else Tone.BAD)
    for one in record.kept:
        told = "byte for byte as before" if one.same else "changed meanwhile"
        yield _fact(one.what, told, Tone.PLAIN if one.same else Tone.ODD)
    own = f"{duration(record.duration)}, of which the runner's own {duration(record.own)}"
    yield _fact("took", own)
    for warning in record.warnings:
        yield from wrapped("warning: ", warning, Tone.ODD, look, indent=0)
    yield ()
    yield from _verdict(record, dossier, look)


def _fact(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    return line(say(f"{label + ':':<12} ", Tone.FAINT), say(text, tone))


def _outage(outage: Outage) -> Iterator[Line]:
    told = (
        ("outage", outage.forward, outage.stop, "migrate", outage.migrate, outage.start),
        ("way back", outage.back, outage.stop, "restore", outage.restore, outage.restart),
    )
    for label, whole, stop, middle, between, start in told:
        if whole is None or stop is None or between is None or start is None:
            continue
        pieces = f"stop {duration(stop)}, {middle} {duration(between)}, start {duration(start)}"
        yield _fact(label, f"{duration(whole)} ({pieces})")


def _migration(migration: Migration, look: Look) -> Iterator[Line]:
    if migration.revision_before == migration.revision_after and not migration.tables:
        yield _fact("migration", f"none, revision {migration.revision_after}")
        return
    rows = f"{migration.rows_before} rows before, {migration.rows_after} after"
    revision = f"revision {migration.revision_before} to {migration.revision_after}"
    yield _fact("migration", f"{revision}, {count(len(migration.tables), 'table')} changed; {rows}")
    for one in migration.tables[:_MOST]:
        yield line(f"{'':13}", say(_table(one)))
    if len(migration.tables) > _MOST:
        yield line(f"{'':13}", f"{look.ellipsis} and {len(migration.tables) - _MOST} more")


def _table(one: TableChange) -> str:
    if one.change == "added":
        return f"+ {one.table}: {count(one.rows_after or 0, 'row')}"
    if one.change == "dropped":
        return f"- {one.table}: {count(one.rows_before or 0, 'row')}"
    columns = [f"+{name}" for name in one.columns_added]
    columns += [f"-{name}" for name in one.columns_dropped]
    rows = f"{one.rows_before} rows"
    if one.rows_before != one.rows_after:
        rows = f"{one.rows_before} to {one.rows_after} rows"
    elif one.change in {"content", "definition"}:
        rows += f", of another {one.change}"
    return f"~ {one.table}: {', '.join([*columns, rows])}"


def _verdict(record: Rehearsed, dossier: str, look: Look) -> Iterator[Line]:
    word = say(record.verdict.value.upper(), TONES[record.verdict])
    what = f" rehearsal of {record.package} {record.before} to {record.after}"
    if record.verdict is Outcome.PASSED:
        yield line(word, what, say(f"  evidence: {dossier}", Tone.FAINT))
        return
    yield line(word, f"{what}, at '{_title(record.part, record.parts)}'")
    yield from wrapped("", record.reason, Tone.PLAIN, look, indent=2)
    if record.hint:
        yield from wrapped("hint: ", record.hint, Tone.FAINT, look, indent=2)
    yield line(say(f"  evidence: {one_line(dossier)}", Tone.FAINT))


def _title(name: str, parts: Iterable[Part]) -> str:
    return next((one.title for one in parts if one.name == name), name)


def upgraded(record: Upgraded, dossier: str) -> Iterator[Line]:
    """Give what came of an upgrade, once all its steps were told."""
    yield ()
    verdict = record.verdict or Outcome.ERRORED
    word = say(verdict.value.upper(), TONES[verdict])
    what = f" upgrade of {record.package} {record.before} to {record.after}"
    back = {True: ", rolled back", False: ", and the way back failed as well", None: ""}
    yield line(word, what + back[record.rolled_back], say(f"  evidence: {dossier}", Tone.FAINT))
    if record.verdict is not Outcome.PASSED and not record.rolled_back:
        again = f"  once that is mended: runner upgrade --to {record.after} --resume"
        yield line(say(again, Tone.FAINT))
