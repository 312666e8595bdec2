"""Before a service starts: whether it would migrate a database that nobody could bring back."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from runner.engine.clock import now
from runner.engine.output import Log
from runner.engine.process import run
from runner.engine.recorded import recorded
from runner.engine.session import Session
from runner.engine.upgrade import begun
from runner.errors import DossierError
from runner.kinds.database.base import Facts
from runner.kinds.database.guard import Known, Schema, decide, read_schema
from runner.kinds.database.opening import Target, open_database
from runner.kinds.database.record import NAME, ThisUpgrade
from runner.kinds.database.trouble import DatabaseError, unverified
from runner.kinds.verdicts import undecided
from runner.model import Service, ServiceDatabase

_ASK = 120.0
"""Seconds for the program that tells a server's revisions; a container may have to be made."""


class Guard:
    """Watches over the database of one service."""

    def __init__(
        self, session: Session, service: Service, database: ServiceDatabase, log: Log
    ) -> None:
        """Know them; nothing is asked yet."""
        self._session = session
        self._service = service
        self._database = database
        self._log = log

    def before(self) -> None:
        """Let the service start, and record why; raises DatabaseError where it may not."""
        schema = self._schema()
        facts = self._facts()
        self._tell("database_found", facts, f"the server brings {schema.head}")
        session = self._session
        upgrade = ThisUpgrade.of(session.release, begun(session.live))
        known = Known(partial(_recalled, session), session.live.parent, upgrade)
        decision = decide(facts, schema, known, self._go_on)
        self._log.line(decision.reason)
        self._tell("database_guarded", facts, decision.reason)

    def after(self) -> None:
        """Record where the schema stands once the service is ready; raises DatabaseError."""
        self._tell("database_served", self._facts(), "the server is up")

    def _facts(self) -> Facts:
        service, session, database = self._service, self._session, self._database
        env = session.env(service.env, service.secrets)
        target = Target(database.url, database.url_env)
        return open_database(target, env, session.repository / service.cwd)[1].facts()

    def _schema(self) -> Schema:
        session, service, argv = self._session, self._service, self._database.revisions
        env = session.env(service.env, service.secrets)
        folder = session.repository / service.cwd
        request = session.request(argv, folder, env, _ASK, split=True)
        finished = run(request, session.forest, self._log, session.stops.gently)
        execution = finished.execution
        if verdict := undecided(execution, _ASK, session.stops.gently.signal):
            raise DatabaseError(f"{argv[0]}: {verdict.reason}", hint=verdict.hint)
        if execution.exit_code:
            raise DatabaseError(
                f"{argv[0]} could not tell the server's revisions: exit code {execution.exit_code}",
                hint="the service's log has what it said",
            )
        return read_schema(finished.stdout.decode(errors="replace"), argv[0])

    def _tell(self, event: str, facts: Facts, reason: str) -> None:
        told = {"service": self._service.name, "at": now(), "reason": reason, **asdict(facts)}
        self._session.journal.append(event, told, durable=True)

    def _go_on(self) -> None:
        if asked := self._session.stops.gently.signal:
            raise DatabaseError(f"interrupted by {asked}")


def _recalled(session: Session) -> bytes | None:
    try:
        return recorded(session.live, NAME)
    except DossierError as error:
        raise unverified(error.message, error.hint) from error
