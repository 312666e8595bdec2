"""What all checks and services of a run share."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from runner.engine.bus import Bus
from runner.engine.journal import Journal
from runner.engine.redaction import Redactor, scrubbed_json
from runner.engine.request import Request
from runner.engine.stop import Stops
from runner.engine.tree import Forest
from runner.model import Release

T = TypeVar("T")


class Session(msgspec.Struct, frozen=True):
    """The surroundings of a run."""

    run: str
    """Id of the run."""
    stage: str
    """Name of the stage."""
    repository: Path
    """What relative paths are meant from, absolute."""
    scratch: Path
    """A folder of this run, removed after it."""
    live: Path
    """The dossier."""
    release: Release
    """What the playbook tracks."""
    base: str
    """The git ref to compare with, or empty."""
    rehearsed_as: str
    """The profile under which a rehearsal of the playbook takes place, or empty."""
    environment: Mapping[str, str]
    """The runner's own environment, without any secret."""
    secrets: Mapping[str, str]
    """Values by the names of their variables."""
    redactor: Redactor
    """Knows every secret of the run."""
    journal: Journal
    """Open for this run."""
    forest: Forest = msgspec.field(default_factory=Forest)
    """Every tree of processes that is alive."""
    stops: Stops = msgspec.field(default_factory=Stops)
    """How the run is asked to stop."""
    bus: Bus = msgspec.field(default_factory=Bus)
    """Who listens."""
    commit: str = ""
    """Of the repository, once git was asked; empty outside one."""
    _numbers: Iterator[int] = msgspec.field(default_factory=itertools.count)

    def lookup(self, name: str) -> str | None:
        """Give the value of a run-time look-up that is the same for the whole run.

        ``env.X`` is left until now only where X is a secret.
        """
        if name.startswith("env."):
            return self.secrets.get(name.removeprefix("env."))
        known = {"run.id": self.run, "run.stage": self.stage, "run.scratch": str(self.scratch)}
        return known.get(name)

    def scrub(self, value: T) -> tuple[T, bytes]:
        """Replace the secrets in every text of a record, whoever put them there; give its JSON."""
        return scrubbed_json(value, self.redactor)

    def env(self, own: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
        """Give the environment of a process: everybody's, its own, and its secrets."""
        return {
            **self.environment,
            "RUN_ID": self.run,
            "RUN_STAGE": self.stage,
            "RUN_SCRATCH": str(self.scratch),
            **own,
            **{name: self.secrets[name] for name in secrets if name in self.secrets},
        }

    def request(
        self,
        argv: tuple[str, ...],
        cwd: Path,
        env: Mapping[str, str],
        timeout: float,
        *,
        shown_env: tuple[str, ...] = (),
        split: bool = False,
    ) -> Request:
        """Make a request for a process whose tree carries the run's mark."""
        mark = f"{self.run}.{next(self._numbers)}"
        return Request(argv, cwd, env, mark, shown_env, timeout, split)
