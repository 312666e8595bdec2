"""Services: started before the first check that needs them, always stopped after the last."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from runner.engine.clock import now
from runner.engine.compose import SEE, ComposeError, Project
from runner.engine.output import Log, Nowhere, Sink
from runner.engine.ports import holders, port_of, taken
from runner.engine.process import Running, finish
from runner.engine.readiness import describe, probe
from runner.engine.request import not_started
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.errors import DossierError
from runner.events import ServiceEnded, ServiceReady, ServiceStarting
from runner.kinds.database.trouble import DatabaseError
from runner.model import Execution, Outcome, Service, ServiceReport
from runner.playbook.expressions import resolve_deep

if TYPE_CHECKING:
    from runner.engine.guard import Guard

_LAST_WORDS = 1.0
"""Seconds to read what a service that has died left in its pipe."""
_FOLLOWED = 10.0
"""Seconds for `compose logs --follow` to end after its container has."""
_INTERVAL = 0.1
"""Seconds between two questions whether a service is ready."""


class Unready(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """A service is not ready, with the reason and how it may be mended."""

    def __init__(self, reason: str, hint: str = "") -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Services:
    """The services of a run."""

    def __init__(self, session: Session, services: tuple[Service, ...]) -> None:
        """Know them; none is started yet."""
        projects = {
            service.compose.file: Project(session, service.compose.file)
            for service in services
            if service.compose is not None
        }
        self._live = {
            service.name: LiveService(
                session, service, projects.get(service.compose.file) if service.compose else None
            )
            for service in services
        }

    def ready(self, names: tuple[str, ...]) -> None:
        """Start those that are not yet started, and wait; raises Unready."""
        for name in names:
            self._live[name].ready()

    def stop(self) -> tuple[ServiceReport, ...]:
        """Stop all in the reverse order, and tell of those that were started, in order.

        Raises DossierError where the log of one could not be written, once all are stopped.
        """
        reports: list[ServiceReport] = []
        lost: list[DossierError] = []
        for live in reversed(self._live.values()):
            try:
                report = live.stop()
            except DossierError as error:
                lost.append(error)
            else:
                reports += [report] if report is not None else []
        if lost:
            raise lost[0]
        return tuple(reversed(reports))

    @contextlib.contextmanager
    def stopping(self) -> Iterator[None]:
        """Stop all after the block where that was not done in it."""
        try:
            yield
        finally:
            self.stop()


class LiveService:
    """One service, from before its start to after its stop."""

    def __init__(self, session: Session, service: Service, project: Project | None) -> None:
        """Know it, and the Compose project that it belongs to, if any."""
        self._project = project
        self._session = session
        self._service = service
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._log: Log | None = None
        self._guard: Guard | None = None
        self._closing = Stop()
        self._pump = threading.Thread(target=self._read_output, daemon=True)
        self._trouble: Unready | None = None
        self._report: ServiceReport | None = None
        self._lost: DossierError | None = None
        self._execution: Execution | None = None
        self._started = ""
        self._began = 0.0
        self._ready_after = 0.0

    def ready(self) -> None:
        """Start it at the first call; raises Unready, also where it has died since."""
        with self._lock:
            if not self._started:
                self._started, self._began = now(), time.monotonic()
                try:
                    self._start()
                    self._wait()
                except Unready as trouble:
                    self._trouble = trouble
                except ComposeError as error:
                    self._trouble = Unready(error.message, error.hint)
                except DatabaseError as error:
                    reason = f"service {self._service.name}: {error.message}"
                    self._trouble = Unready(reason, error.hint)
            elif self._trouble is None and self._running is not None and self._running.ended():
                self._trouble = self._died()
            if self._trouble is not None:
                raise Unready(self._trouble.reason, self._trouble.hint)

    def _start(self) -> None:
        service = self._service = resolve_deep(self._service, self._session.lookup)
        address = port_of(service.ready)
        if address is not None and (trouble := taken(address)):
            raise Unready(
                f"service {service.name}: {trouble}", "stop it, or give the service another port"
            )
        name = f"{self._session.stage}/logs/service.{service.name}.log"
        for count in range(2, 1000):
            if not (self._session.live / name).exists():
                break
            name = f"{self._session.stage}/logs/service.{service.name}.{count}.log"
        self._log = Log(self._session.live / name, name, self._session.redactor)
        self._log.begin()
        self._session.bus.tell(ServiceStarting(service.name, self._log.last_line))
        self._guard = _guard(self._session, service, self._log)
        if self._guard is not None:
            self._guard.before()
        argv = service.run
        if self._project is not None and service.compose is not None:
            argv = self._project.up(service, service.compose, self._log)
        request = self._session.request(
            argv,
            self._session.repository / service.cwd,
            self._session.env(service.env, service.secrets),
            float("inf"),
            shown_env=tuple(sorted({*service.env, *service.secrets})),
        )
        try:
            self._running = Running(request, self._session.forest, self._log)
        except (OSError, ValueError) as error:
            self._execution = not_started(request, error)
            raise Unready(
                f"service {service.name}: {self._execution.error}", self._execution.hint
            ) from error
        self._pump.start()

    def _wait(self) -> None:
        service, stop = self._service, self._session.stops.gently
        assert self._log is not None  # noqa: S101 - for the type checker; _start has set it
        is_ready = probe(self._session, service, self._session.live / self._log.name)
        deadline = time.monotonic() + service.ready.within
        while not is_ready():
            if self._running is not None and self._running.ended():
                raise self._died()
            if time.monotonic() > deadline:
                within = f"{service.ready.within:g} s"
                reason = f"no {describe(service.ready)} within {within}"
                raise Unready(f"service {service.name}: {reason}", SEE)
            if not stop.wait(_INTERVAL):
                raise Unready(f"interrupted by {stop.signal}")
        self._check_holder()
        if self._guard is not None:
            self._guard.after()
        self._ready_after = time.monotonic() - self._began
        self._session.bus.tell(ServiceReady(service.name, self._ready_after))

    def _check_holder(self) -> None:
        """See that it is this service's own process that answers on the port."""
        address = port_of(self._service.ready)
        if address is None or self._service.compose is not None or self._running is None:
            return
        held = holders(address[1])
        own = {process.pid for process in self._running.tree.members()}
        if held and not own & held.keys():
            who = ", ".join(held.values())
            raise Unready(
                f"service {self._service.name}: port {address[1]} is held by another process: "
                f"{who}",
                "stop it, or give the service another port",
            )

    def _died(self) -> Unready:
        assert self._running is not None  # noqa: S101 - only a started service can die
        how = self._running.execution("", ())
        end = f"ended by {how.signal}" if how.signal else f"exit code {how.exit_code}"
        if self._service.compose is not None:
            end = "its container has ended"  # what has an exit code here only followed its log
        self._pump.join(_LAST_WORDS)
        last = self._log.last_line() if self._log is not None else ""
        said = f"; its log ends: {last}" if last else "; it logged nothing"
        return Unready(f"service {self._service.name} died: {end}{said}", SEE)

    def _read_output(self) -> None:
        running = self._running
        try:
            while running is not None and not self._closing.signal:
                running.wait(60.0, self._closing.fd)
                if running.ended() and not running.readers:
                    return
        except DossierError as error:
            self._lost = error
            self._session.stops.ask("evidence lost")

    def stop(self) -> ServiceReport | None:
        """Stop it with its whole tree; None where it was never started."""
        with self._lock:
            if self._started and self._report is None:
                self._report = self._stop()
                self._session.bus.tell(ServiceEnded(self._report))
            if self._lost is not None:
                raise self._lost
            return self._report

    def _stop(self) -> ServiceReport:
        died = self._running is not None and self._running.ended() and self._trouble is None
        if died and self._service.compose is None:
            self._trouble = self._died()
        self._with_project(self._stop_container)
        self._closing.ask("stop")
        if self._pump.is_alive():
            self._pump.join()
        if self._running is not None:
            try:
                self._execution = finish(self._running, self._closing)
            except DossierError as error:
                self._lost = self._lost or error
        self._with_project(lambda project, log: project.down(self._service, log))
        trouble = self._trouble
        log = self._log
        tail = log.tail() if log is not None and trouble is not None else ""
        report = ServiceReport(
            name=self._service.name,
            outcome=Outcome.ERRORED if trouble else Outcome.PASSED,
            reason=trouble.reason if trouble else "",
            hint=trouble.hint if trouble else "",
            started=self._started,
            ready_after=self._ready_after,
            duration=time.monotonic() - self._began,
            execution=self._execution,
            log=log.close() if log is not None and self._lost is None else None,
            tail=tail,
        )
        return self._session.scrub(report)[0]

    def _with_project(self, do: Callable[[Project, Sink], None]) -> None:
        if self._project is None or self._log is None:
            return
        try:
            do(self._project, self._log if self._lost is None else Nowhere())
        except ComposeError as error:
            self._trouble = self._trouble or Unready(error.message, error.hint)
        except DossierError as error:
            self._lost = self._lost or error
            self._with_project(do)  # again without a log: what was started must be stopped

    def _stop_container(self, project: Project, log: Sink) -> None:
        """Stop the container, and give what follows its log the time to read all of it."""
        if self._service.compose is not None and self._pump.is_alive():
            project.stop(self._service, self._service.compose, log)
            self._pump.join(_FOLLOWED)


def _guard(session: Session, service: Service, log: Log) -> Guard | None:
    if service.database is None:
        return None
    from runner.engine.guard import Guard  # brings the engines of databases along

    return Guard(session, service, service.database, log)
