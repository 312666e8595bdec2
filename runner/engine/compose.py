"""Compose services, by ``docker compose`` or the older ``docker-compose``."""

from __future__ import annotations

import contextlib
import shlex
import threading

import msgspec

from runner.engine.output import Sink
from runner.engine.process import run
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.errors import RunnerError
from runner.model import Compose, Service

_UP = 600.0
"""Seconds for images to be pulled or built, and containers to be made."""
_DOWN = 120.0
"""Seconds for containers to end."""
_ASK = 30.0
"""Seconds for a question to the Docker daemon."""
_TAIL = "40"
"""Lines of each container's log that are kept where the project did not come up."""
SEE = "see the tail of its log"
"""The mend where a service is not ready and nothing else says why."""
_PLUGIN = ("docker", "compose")
"""How Compose v2 is called."""
_SUMMARY = "Encountered errors while bringing up the project."
"""What docker-compose 1.29 says last, after the reason."""


class ComposeError(RunnerError):
    """Compose is not there, or did not do what was asked."""


class Project(msgspec.Struct):
    """The containers of one Compose file, made by this run or not touched at all."""

    session: Session
    """The run's."""
    file: str
    """Path relative to the repository."""
    users: set[str] = msgspec.field(default_factory=set)
    """Names of the services that have been started in it and not yet stopped."""
    base: tuple[str, ...] = ()
    """The client's argv up to the subcommand, once it is known."""
    lock: threading.Lock = msgspec.field(default_factory=threading.Lock)
    """Services may be started side by side."""

    def up(self, service: Service, compose: Compose, log: Sink) -> tuple[str, ...]:
        """Start a service, and give the argv that follows its log; raises ComposeError."""
        with self.lock:
            if not self.base:
                self.base = self._client(log)
            if not self.users and self._ask(service, log, "ps", "-q").strip():
                raise ComposeError(
                    f"service {service.name}: containers of {self.file} are there already",
                    hint=f"what answers would not be this run's; {shlex.join(self.base)} down",
                )
            self.users.add(service.name)
            try:
                self._ask(service, log, "up", "-d", compose.service, timeout=_UP)
            except ComposeError:
                self._tell_tails(service, log)
                raise
            return self._follow(service, compose, log)

    def stop(self, service: Service, compose: Compose, log: Sink) -> None:
        """Stop a service's container: what follows its log comes to an end, with all of it."""
        with self.lock:
            if service.name in self.users:
                self._ask(service, log, "stop", compose.service, timeout=_DOWN)

    def down(self, service: Service, log: Sink) -> None:
        """Remove containers and networks after the last service; volumes are the user's."""
        with self.lock:
            if self.users == {service.name}:
                self._ask(service, log, "down", timeout=_DOWN)
            self.users.discard(service.name)

    def _client(self, log: Sink) -> tuple[str, ...]:
        session = self.session
        for words in (_PLUGIN, ("docker-compose",)):
            argv = (*words, "version")
            request = session.request(argv, session.repository, session.environment, _ASK)
            if run(request, session.forest, log, Stop()).execution.exit_code == 0:
                return (*words, "-f", self.file)
        raise ComposeError(
            "neither `docker compose` nor `docker-compose` is there",
            hint="install Docker Compose, or choose a profile whose services are processes",
        )

    def _follow(self, service: Service, compose: Compose, log: Sink) -> tuple[str, ...]:
        """Give the argv that follows a log to the end of its container.

        ``docker compose`` v2 goes on after it, where docker and docker-compose 1.29 do not.
        """
        if self.base[:2] == _PLUGIN:
            ids = self._ask(service, log, "ps", "--all", "--quiet", compose.service).split()
            if len(ids) == 1:
                return (self.base[0], "logs", "--follow", ids[0])
        return (*self.base, "logs", "--follow", "--no-color", compose.service)

    def _tell_tails(self, service: Service, log: Sink) -> None:
        """Log the last words of every container: one that is waited for may be another's."""
        with contextlib.suppress(ComposeError):
            self._ask(service, log, "logs", "--no-color", "--tail", _TAIL)

    def _ask(self, service: Service, log: Sink, *words: str, timeout: float = _ASK) -> str:
        argv = (*self.base, *words)
        env = self.session.env(service.env, service.secrets)
        request = self.session.request(argv, self.session.repository, env, timeout, split=True)
        finished = run(request, self.session.forest, log, self.session.stops.now)
        execution = finished.execution
        if execution.exit_code != 0:
            why = execution.error or execution.stopped or f"exit code {execution.exit_code}"
            said = (finished.stderr.strip() or finished.stdout).decode("utf-8", "replace")
            last = _last_line(said)
            from runner.advisories.images.errors import mend  # no other service needs it

            raise ComposeError(
                f"service {service.name}: `{shlex.join(argv)}`: {why}"
                + (f": {last}" if last else ""),
                hint=execution.hint or mend(said) or SEE,
            )
        return finished.stdout.decode("utf-8", "replace")


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.split("\n")]
    return next((line for line in reversed(lines) if line and line != _SUMMARY), "")
