"""The workbench of an engine, on any door to processes: a step's, or a rehearsal's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.sources.base import Door, SourceError
from runner.advisories.tools import last_words
from runner.kinds.base import Context
from runner.kinds.database.trouble import DatabaseError
from runner.kinds.door import ContextDoor


@dataclass(frozen=True)
class DoorBench:
    """Lends a door."""

    door: Door
    """Runs an engine's programs."""
    run_id: str
    """Of the run, for names that nobody else has."""
    left: Callable[[], float] = lambda: float("inf")
    """Gives the seconds that are left."""
    stopping: Callable[[], str] = lambda: ""
    """Gives the signal that asks to stop, or an empty text; where ^C is raised there is none."""
    write: Callable[[str], None] = lambda _: None
    """Puts a line into the log, where there is one."""

    @property
    def scratch(self) -> Path:
        """A folder of this run."""
        return self.door.scratch

    @property
    def remaining(self) -> float:
        """Seconds that are left."""
        return self.left()

    def tool(self, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
        """Run a program to its end; raises DatabaseError with its last words."""
        try:
            ended = self.door.run(argv, env=env)
        except SourceError as error:
            raise DatabaseError(error.message, hint=error.hint) from error
        if ended.exit_code:
            raise DatabaseError(
                f"{argv[0]}: {last_words(ended)}", hint="the log has all that it said"
            )
        return ended.stdout.decode(errors="replace")

    def note(self, text: str) -> None:
        """Put a line into the log."""
        self.write(text)

    def go_on(self) -> None:
        """Raise DatabaseError where the run is asked to stop or the time is over."""
        if signal := self.stopping():
            raise DatabaseError(f"interrupted by {signal}")
        if self.remaining <= 0:
            raise DatabaseError("timed out", hint="'timeout' sets another limit")


def bench_of(context: Context, door: ContextDoor) -> DoorBench:
    """Give the workbench of a step, whose processes its door remembers."""
    return DoorBench(
        door,
        context.env.get("RUN_ID", "run"),
        lambda: context.remaining,
        lambda: context.stopping,
        context.log,
    )
