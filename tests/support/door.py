"""A door for sources: real processes, without the engine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.advisories.sources.base import Ended, SourceError


@dataclass
class LocalDoor:
    """Runs processes at once, and remembers what went through it."""

    repository: Path
    """The folder that processes run in."""
    scratch: Path
    """Made where it is not there."""
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """What processes see; that of the tests unless told."""
    limit: float = 300.0
    """Seconds for a process that is given none."""
    ran: list[tuple[str, ...]] = field(default_factory=list)
    """The argv of each process."""
    lines: list[str] = field(default_factory=list)
    """What was logged."""
    kept: dict[str, bytes] = field(default_factory=dict)
    """Raw reports by name."""

    def __post_init__(self) -> None:
        self.scratch.mkdir(parents=True, exist_ok=True)

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        self.ran.append(argv)
        try:
            done = subprocess.run(
                argv,
                cwd=self.repository,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout or self.limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"{argv[0]} did not end in time", hint="allow more") from error
        except OSError as error:
            raise SourceError(f"{argv[0]} cannot start", hint="install it") from error
        if done.returncode < 0:
            raise SourceError(f"{argv[0]} was ended by signal {-done.returncode}", hint="see why")
        return Ended(done.returncode, done.stdout, done.stderr)

    def clean_up(self, argv: tuple[str, ...]) -> None:
        self.run(argv)

    def log(self, text: str) -> None:
        self.lines.extend(text.splitlines())

    def keep(self, name: str, content: bytes) -> None:
        self.kept[name] = content
