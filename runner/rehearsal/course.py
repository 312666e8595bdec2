"""The course of a rehearsal: its parts one after the other, each timed, logged and told."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from runner.advisories.sources.base import Ended
from runner.engine.clock import now
from runner.engine.dossier import Dossier
from runner.engine.journal import Journal
from runner.engine.redaction import Redactor, scrubbed
from runner.errors import ExitCode, RunnerError
from runner.events import Event, PartEnded, PartStarted
from runner.model import Outcome
from runner.model.rehearsed import Part

_SIGNALS = {int(ExitCode.TERMINATED): "SIGTERM"}


class Halt(Exception):  # noqa: N818 - it is a decision, not an error of the program
    """A part has decided; what follows is given up or cleaned up."""

    def __init__(self, outcome: Outcome, reason: str, hint: str = "", exit_code: int = 0) -> None:
        """Keep what was decided; without an exit code it is the outcome's own."""
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.hint = hint
        self.exit_code = exit_code or int(_CODES[outcome])

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked to stop, so that nothing more is to be begun."""
        return self.exit_code in {ExitCode.INTERRUPTED, ExitCode.TERMINATED}


_CODES = {
    Outcome.PASSED: ExitCode.PASSED,
    Outcome.FAILED: ExitCode.FAILED,
    Outcome.ERRORED: ExitCode.ERRORED,
    Outcome.SKIPPED: ExitCode.INVALID,
}


@dataclass
class Notes:
    """What a part takes note of."""

    facts: list[str] = field(default_factory=list)
    """What was found, a line each."""
    runs: list[str] = field(default_factory=list)
    """Folders of the stages that were run."""
    log: list[str] = field(default_factory=list)
    """Lines of its log: processes with their ends and what they printed."""
    others: float = 0.0
    """Seconds that were not the runner's own."""


@dataclass
class Course:
    """The parts so far, and the way to carry out one more."""

    dossier: Dossier
    """Where logs and the journal are."""
    id: str
    """Of the rehearsal, as the journal names it."""
    redactor: Redactor
    """Goes over everything that is kept."""
    hear: Callable[[Event], None]
    """Is told of each part."""
    parts: list[Part] = field(default_factory=list)
    """Those that have ended."""
    decided: Halt | None = None
    """The first that did not pass."""
    deciding: str = ""
    """Name of the part that it came from."""
    notes: Notes = field(default_factory=Notes)
    """Of the part at work."""

    @contextlib.contextmanager
    def part(self, name: str, title: str) -> Iterator[Notes]:
        """Carry out a part; raises Halt where it did not pass, whatever the reason."""
        self.hear(PartStarted(title))
        self.notes = notes = Notes()
        started, began = now(), time.monotonic()
        halt: Halt | None = None
        try:
            yield notes
        except (Exception, KeyboardInterrupt, SystemExit) as end:  # noqa: BLE001 - see `halt_of`
            halt = halt_of(end)
        duration = time.monotonic() - began
        self._ended(
            Part(
                name=name,
                title=title,
                outcome=halt.outcome if halt else Outcome.PASSED,
                reason=halt.reason if halt else "",
                hint=halt.hint if halt else "",
                started=started,
                duration=duration,
                own=max(0.0, duration - notes.others),
                facts=tuple(notes.facts),
                runs=tuple(notes.runs),
                log=self._log(name, notes),
            )
        )
        if halt is not None:
            if self.decided is None:
                self.decided, self.deciding = halt, name
            raise halt

    def _ended(self, part: Part) -> None:
        part = scrubbed(part, self.redactor)
        self.parts.append(part)
        self.note("part_ended", part)
        self.hear(PartEnded(part))

    def _log(self, name: str, notes: Notes) -> str:
        if not notes.log:
            return ""
        path = f"rehearsal/{name}.log"
        text = "\n".join([*notes.log, ""]).encode("utf-8", "surrogateescape")
        self.dossier.write(path, self.redactor.data(text))
        return path

    def note(self, event: str, data: object) -> None:
        """Append to the journal; raises DossierError."""
        with (
            self.dossier.locked(),
            contextlib.closing(Journal(self.dossier.journal, self.id, self.redactor)) as journal,
        ):
            journal.append(event, data, durable=True)

    def ran(self, argv: tuple[str, ...], ended: Ended | None, seconds: float) -> None:
        """Log a process in the part at work, and do not count its time as the runner's."""
        self.notes.others += seconds
        self.notes.log.append(f"$ {shlex.join(argv)}")
        if ended is not None:
            self.notes.log += [f"exit code {ended.exit_code}"] if ended.exit_code else []
            self.notes.log += ended.stderr.decode("utf-8", "replace").splitlines()

    def said(self, text: str) -> None:
        """Append lines to the log of the part at work."""
        self.notes.log += text.splitlines()


def halt_of(end: BaseException) -> Halt:
    """Give the decision that an exception is; raises what is an error of the program."""
    if isinstance(end, Halt):
        return end
    if isinstance(end, RunnerError):
        return Halt(Outcome.ERRORED, end.message, end.hint)
    if isinstance(end, OSError):
        where = f"{end.filename}: " if end.filename else ""
        return Halt(Outcome.ERRORED, f"{where}{end.strerror or end}")
    if isinstance(end, KeyboardInterrupt):
        return Halt(Outcome.ERRORED, "interrupted by SIGINT", "", ExitCode.INTERRUPTED)
    if isinstance(end, SystemExit):
        code = end.code if isinstance(end.code, int) else int(ExitCode.TERMINATED)
        reason = f"interrupted by {_SIGNALS.get(code, 'a signal')}"
        return Halt(Outcome.ERRORED, reason, "", code)
    raise end
