"""What one step of one attempt may do: the engine's side of `runner.kinds.base.Context`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from runner.engine.files import write_atomic
from runner.engine.output import Log
from runner.engine.process import run
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.engine.upgrade import begun
from runner.kinds.base import CLEAN_UP, Command, Finished
from runner.model import Artifact, Begun, Check, Release, Step

if TYPE_CHECKING:
    from runner.model.rehearsed import Rehearsed


class StepContext(msgspec.Struct):
    """Lends an action the door to processes, the log and the dossier."""

    session: Session
    """The run's."""
    check: Check
    """Whose step it is."""
    step: Step
    """The step."""
    number: int
    """Of the attempt."""
    logfile: Log
    """The attempt's."""
    stop: Stop
    """Ends the step: gently asked, or for ``always`` steps the second request."""
    env: Mapping[str, str]
    """What the step's processes see."""
    deadline: float
    """By `time.monotonic`."""
    kept: list[Artifact] = msgspec.field(default_factory=list)
    """What `save` has kept so far."""

    @property
    def repository(self) -> Path:
        """The folder that relative paths are meant from."""
        return self.session.repository

    @property
    def scratch(self) -> Path:
        """The run's scratch folder."""
        return self.session.scratch

    @property
    def output(self) -> Path:
        """The folder around the dossier."""
        return self.session.live.parent

    @property
    def cwd(self) -> Path:
        """The step's working folder."""
        home, own = self.session.repository, self.step.cwd
        return home if own in {"", "."} else home / own

    @property
    def release(self) -> Release:
        """What the playbook tracks."""
        return self.session.release

    @property
    def begun(self) -> Begun:
        """Where the upgrade of the dossier began."""
        return begun(self.session.live)

    @property
    def commit(self) -> str:
        """The repository's commit, or an empty text."""
        return self.session.commit

    @property
    def base(self) -> str:
        """The git ref to compare with, or an empty text."""
        return self.session.base

    @property
    def rehearsed_as(self) -> str:
        """The profile of a rehearsal, or an empty text."""
        return self.session.rehearsed_as

    @property
    def remaining(self) -> float:
        """Seconds until the step's deadline."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def stopping(self) -> str:
        """The signal that asks the step to stop, or an empty text."""
        return self.stop.signal

    def run(self, command: Command) -> Finished:
        """Run a process to its end, within what remains of the step's time."""
        return self._run(command, self.remaining, self.stop)

    def clean_up(self, command: Command) -> Finished:
        """Run a process to its end, whatever remains of the step's time."""
        return self._run(command, CLEAN_UP, self.session.stops.now)

    def _run(self, command: Command, left: float, stop: Stop) -> Finished:
        request = self.session.request(
            command.argv,
            self.repository / command.cwd if command.cwd else self.cwd,
            {**self.env, **command.env},
            left if command.timeout is None else min(left, command.timeout),
            shown_env=tuple(sorted({*self.step.env, *self.step.secrets, *command.env})),
            split=command.split,
        )
        return run(request, self.session.forest, self.logfile, stop)

    def wait(self, seconds: float) -> bool:
        """Sleep, but not beyond the deadline; False where the step is asked to stop."""
        return self.stop.wait(min(seconds, self.remaining))

    def log(self, text: str) -> None:
        """Append lines to the attempt's log."""
        for line in text.splitlines():
            self.logfile.line(line)

    def save(self, name: str, content: bytes) -> Artifact:
        """Keep content as evidence; raises DossierError where it cannot be written."""
        folder = f"{self.session.stage}/artifacts/{self.check.id}"
        taken = {artifact.path for artifact in self.kept}
        name = Path(self.redact(name)).name
        path = f"{folder}/{self.number}.{self.step.id}.{name}"
        for count in range(2, len(taken) + 3):
            if path not in taken:
                break
            path = f"{folder}/{self.number}.{self.step.id}.{count}.{name}"
        return self._write(path, content)

    def record(self, name: str, content: bytes) -> Artifact:
        """Put content into the dossier itself; raises DossierError where it cannot be written."""
        return self._write(name, content)

    def recall(self, name: str) -> bytes | None:
        """Give what was recorded last; raises DossierError where the file is another."""
        from runner.engine.recorded import recorded  # few kinds ask

        return recorded(self.session.live, name)

    def rehearsed(self, before: str) -> Rehearsed | None:
        """Give the last rehearsal; raises DossierError where it is not what was recorded."""
        from runner.engine.rehearsals import rehearsed  # but one kind asks

        version = self.session.release.version
        return rehearsed(self.session.live, before, version)

    def _write(self, path: str, content: bytes) -> Artifact:
        clean = self.session.redactor.data(content)
        target = self.session.live / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, clean)
        artifact = Artifact(path, len(clean), hashlib.sha256(clean).hexdigest())
        self.kept.append(artifact)
        return artifact

    def redact(self, text: str) -> str:
        """Replace the secrets in a text."""
        return self.session.redactor.text(text)
