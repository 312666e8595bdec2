"""The workbench of an engine, on the context of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.advisories.sources.base import Ended
from runner.advisories.tools import last_words
from runner.kinds.base import Command, Context
from runner.kinds.database.trouble import DatabaseError
from runner.kinds.verdicts import undecided
from runner.model import Execution


@dataclass(frozen=True)
class ContextBench:
    """Lends a context, and remembers what was run."""

    context: Context
    """Of the step."""
    executions: list[Execution] = field(default_factory=list)
    """Every process, as evidence."""

    @property
    def scratch(self) -> Path:
        """A folder of this run."""
        return self.context.scratch

    @property
    def run_id(self) -> str:
        """Of the run."""
        return self.context.env.get("RUN_ID", "run")

    @property
    def remaining(self) -> float:
        """Seconds that are left to the step."""
        return self.context.remaining

    def tool(self, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
        """Run a program to its end; raises DatabaseError with its last words."""
        limit = self.context.remaining
        finished = self.context.run(Command(argv, env, split=True))
        execution = finished.execution
        self.executions.append(execution)
        if verdict := undecided(execution, limit, self.context.stopping):
            raise DatabaseError(f"{argv[0]}: {verdict.reason}", hint=verdict.hint)
        if execution.exit_code is None:
            raise DatabaseError(f"{argv[0]}: was ended by {execution.signal or 'a signal'}")
        if execution.exit_code:
            said = last_words(Ended(execution.exit_code, finished.stdout, finished.stderr))
            raise DatabaseError(f"{argv[0]}: {said}", hint="the log has all that it said")
        return finished.stdout.decode(errors="replace")

    def go_on(self) -> None:
        """Raise DatabaseError where the run is asked to stop or the time is over."""
        if self.context.stopping:
            raise DatabaseError(f"interrupted by {self.context.stopping}")
        if self.context.remaining <= 0:
            raise DatabaseError("timed out", hint="'timeout' sets another limit")
