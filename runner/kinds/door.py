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
        command = Command(argv, env or {}, ".", timeout, split=True)
        finished = self.context.run(command)
        self.executions.append(finished.execution)
        if trouble := self._trouble(finished, limit):
            raise SourceError(f"{shell_line(argv[:1])}: {trouble[0]}", hint=trouble[1])
        code = finished.execution.exit_code
        assert code is not None  # noqa: S101 - an end without a code is a trouble
        return Ended(code, finished.stdout, finished.stderr)

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process that takes away what another has left; its end changes nothing."""
        finished = self.context.clean_up(Command(argv, cwd="."))
        self.executions.append(finished.execution)

    def log(self, text: str) -> None:
        """Append lines to the log of the check."""
        self.context.log(text)

    def keep(self, name: str, content: bytes) -> None:
        """Keep a raw report as evidence."""
        self.artifacts.append(self.context.save(name, content))

    def _trouble(self, finished: Finished, limit: float) -> tuple[str, str] | None:
        execution = finished.execution
        verdict = undecided(execution, limit, self.context.stopping)
        if verdict is not None:
            return verdict.reason, verdict.hint
        if execution.exit_code is None:
            return f"was ended by {execution.signal or 'a signal'}", "see the log"
        if finished.truncated:
            return f"printed more than {CAPTURE_LIMIT // _MEBI} MiB", "its report goes to a file"
        return None
