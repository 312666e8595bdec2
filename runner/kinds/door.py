"""The engine's door to processes, as the sources and subjects of `runner.advisories` ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.advisories.sources.base import Ended, SourceError
from runner.kinds.base import CAPTURE_LIMIT, Command, Context, Finished
from runner.kinds.verdicts import undecided
from runner.kinds.wording import shell_line
from runner.model import Artifact, Execution

_MEBI = 1 << 20


@dataclass(frozen=True)
class ContextDoor:
    """Lends a context, and remembers what was run and kept."""

    context: Context
    """Of the step."""
    cwd: str = "."
    """Where processes run, relative to the repository; the step's own folder where empty."""
    executions: list[Execution] = field(default_factory=list)
    """Every process, as evidence."""
    artifacts: list[Artifact] = field(default_factory=list)
    """Every raw report."""

    @property
    def repository(self) -> Path:
        """The folder that relative paths are meant from."""
        return self.context.repository

    @property
    def scratch(self) -> Path:
        """An existing folder of this run."""
        return self.context.scratch

    @property
    def env(self) -> Mapping[str, str]:
        """The environment that processes see."""
        return self.context.env

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        """Run a process to its end; raises SourceError where it has no exit code of its own."""
        limit = self.context.remaining if timeout is None else min(timeout, self.context.remaining)
        command = Command(argv, env or {}, self.cwd, timeout, split=True)
        finished = self.context.run(command)
        self.executions.append(finished.execution)
        return ended(finished, shell_line(argv[:1]), limit, self.context.stopping)

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process that takes away what another has left; its end changes nothing."""
        finished = self.context.clean_up(Command(argv, cwd=self.cwd))
        self.executions.append(finished.execution)

    def log(self, text: str) -> None:
        """Append lines to the log of the check."""
        self.context.log(text)

    def keep(self, name: str, content: bytes) -> None:
        """Keep a raw report as evidence."""
        self.artifacts.append(self.context.save(name, content))


def ended(finished: Finished, program: str, limit: float, stopping: str) -> Ended:
    """Give the end of a process, which had ``limit`` seconds, as every door gives it.

    Raises SourceError where it has no exit code of its own, or has printed more than is kept.
    """
    execution = finished.execution
    if verdict := undecided(execution, limit, stopping):
        raise SourceError(f"{program}: {verdict.reason}", hint=verdict.hint)
    if execution.exit_code is None:
        how = execution.signal or "a signal"
        raise SourceError(f"{program}: was ended by {how}", hint="see the log")
    if finished.truncated:
        limit_told = f"printed more than {CAPTURE_LIMIT // _MEBI} MiB"
        raise SourceError(f"{program}: {limit_told}", hint="its report goes to a file")
    return Ended(execution.exit_code, finished.stdout, finished.stderr)
