"""The course of a rehearsal: its parts one after the other, each timed, logged and told."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.advisories.sources.base import Door, Ended
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
        except Halt as decided:
            halt = decided
        except RunnerError as error:
            halt = Halt(Outcome.ERRORED, error.message, error.hint)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            halt = Halt(Outcome.ERRORED, f"{where}{error.strerror or error}")
        except KeyboardInterrupt:
            halt = Halt(Outcome.ERRORED, "interrupted by SIGINT", "", ExitCode.INTERRUPTED)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(ExitCode.TERMINATED)
            reason = f"interrupted by {_SIGNALS.get(code, 'a signal')}"
            halt = Halt(Outcome.ERRORED, reason, "", code)
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


@dataclass(frozen=True)
class WatchedDoor:
    """A door whose processes are logged by the part at work, and not counted as the runner's."""

    door: Door
    """Runs them."""
    course: Course
    """Has the part at work."""
    repository: Path
    """The folder that processes run in."""

    @property
    def scratch(self) -> Path:
        """The rehearsal's scratch folder."""
        return self.door.scratch

    @property
    def env(self) -> Mapping[str, str]:
        """The environment that processes see."""
        return self.door.env

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        """Run a process as `runner.advisories.sources.base.Door` says."""
        notes, began = self.course.notes, time.monotonic()
        notes.log.append(f"$ {shlex.join(argv)}")
        try:
            ended = self.door.run(argv, env=env, timeout=timeout)
        finally:
            notes.others += time.monotonic() - began
        if ended.exit_code:
            notes.log.append(f"exit code {ended.exit_code}")
        notes.log += ended.stderr.decode("utf-8", "replace").splitlines()
        return ended

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process that takes away what another has left; its end changes nothing."""
        self.door.clean_up(argv)

    def log(self, text: str) -> None:
        """Append lines to the part's log."""
        self.course.notes.log += text.splitlines()

    def keep(self, name: str, content: bytes) -> None:
        """Drop it: what a rehearsal keeps, its stages keep."""
