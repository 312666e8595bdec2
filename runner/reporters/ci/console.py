"""The console in a CI system: sections around what checks printed, notes, values to hand over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import msgspec

from runner.errors import DossierError
from runner.events import AttemptEnded, Event, RunEnded
from runner.model import Attempt, Check, Outcome, Place, Run
from runner.reporters.ci.base import Product, Section, System
from runner.reporters.ci.notes import notes_of
from runner.reporters.console.chatter import Chatter
from runner.reporters.console.page import line, say
from runner.reporters.console.paper import Paper
from runner.reporters.console.plain import Plain
from runner.reporters.console.rows import area_of
from runner.reporters.context import read
from runner.reporters.reading import UNHAPPY, results_at

SHOWN: Final = 1 << 20
"""Bytes of a log that are shown; the whole is in the dossier."""


class CiConsole:
    """Prints what the plain console prints, and what the system understands besides."""

    def __init__(self, plain: Plain, paper: Paper, system: System, live: Path) -> None:
        """Print on paper; ``live`` is the dossier, for logs and reports."""
        self.wants_output = plain.wants_output
        self._plain = plain
        self._paper = paper
        self._system = system
        self._live = live

    def __enter__(self) -> Self:
        """Begin."""
        self._plain.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End; every line was printed as it came."""
        self._plain.__exit__(*exc_info)

    def hear(self, event: Event) -> None:
        """Print what the event tells."""
        if isinstance(event, AttemptEnded) and self._plain.tells_course and not self.wants_output:
            self._section(event.check, event.attempt)
        self._plain.hear(event)
        if isinstance(event, RunEnded):
            self._end(event.run)

    def _section(self, check: Check, attempt: Attempt) -> None:
        """Show the log of an attempt; it is whole by now, and already redacted."""
        if attempt.log is None or not attempt.log.size:
            return
        again = f", attempt {attempt.number}" if check.retry.attempts > 1 else ""
        section = Section(
            f"{check.id}.{attempt.number}",
            f"Output of {area_of(check)}{again}",
            bad=attempt.outcome in UNHAPPY,
        )
        self._paper.command(self._system.open_section(section))
        with suppress(OSError):  # a log that cannot be read is missed by the reports, which say so
            lines = _log(self._live / attempt.log.path)
            if self._system.fences:
                self._paper.command(f"  {text}" for text in lines)
            else:
                self._paper.print(line("  ", text) for text in lines)
        self._paper.command(self._system.close_section(section))

    def _end(self, run: Run) -> None:
        product = product_of(run, self._live)
        self._paper.command(self._system.note(product.notes))
        hand_over(self._system, product, self._paper)


def hand_over(system: System, product: Product, paper: Paper) -> None:
    """Pass a product on; that this fails is told, and changes no verdict."""
    try:
        paper.command(system.hand_over(product))
    except OSError as error:
        where = error.filename or "a file"
        paper.print([line(say(f"warning: cannot write {where}: {error.strerror}"))])


def _log(path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - SHOWN, 0))
        if size > SHOWN:
            yield f"… {size - SHOWN} bytes before this are in {path}"
        chatter = Chatter()
        yield from chatter.lines(stream.read(SHOWN))
        yield from chatter.rest()


def _places(live: Path, stage: str) -> Mapping[str, Place]:
    """Give the line of each package that a file names, as the run has found it."""
    try:
        return read(live, stage).places
    except DossierError:  # notes then stand at the rows of the playbook
        return {}


def product_of(run: Run, live: Path) -> Product:
    """Give what later steps may want of a run."""
    folder = live / run.stage
    junit, summary = folder / "junit.xml", folder / "summary.md"
    failed = [one.check for one in results_at(run, run.tally.unhappy) if one.counts]
    return Product(
        {
            "verdict": run.verdict.value if run.verdict is not Outcome.SKIPPED else "nothing ran",
            "failed": msgspec.json.encode(failed).decode(),
            "junit": str(junit),
        },
        notes_of(run, _places(live, run.stage)),
        junit=junit if junit.is_file() else None,
        summary=summary if summary.is_file() else None,
    )
