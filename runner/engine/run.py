"""Carry out a plan: from the lock on the dossier to the last report."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import structs

from runner import __version__
from runner.engine import resume, upgrade
from runner.engine.bus import Bus
from runner.engine.check import carry_out, skipped
from runner.engine.clock import now
from runner.engine.dossier import PARTITION, Dossier, scratch_folder
from runner.engine.journal import Journal
from runner.engine.leftovers import end_leftovers
from runner.engine.plan import Plan
from runner.engine.schedule import one_by_one, side_by_side
from runner.engine.secrecy import redactor_of, secrets_of, without_secrets
from runner.engine.services import Services
from runner.engine.session import Session
from runner.engine.stop import Stops
from runner.engine.subject import subject_of
from runner.engine.verdict import verdict
from runner.errors import DossierError, ExitCode, UsageError
from runner.events import CheckEnded, Listener, RunEnded, RunStarted
from runner.model import Attempt, Check, Outcome, Result, Run, ServiceReport, Subject

Reporter: TypeAlias = Callable[[Run, Dossier], None]
"""Writes a report of a finished run into the dossier."""


class Options(msgspec.Struct, frozen=True):
    """How a plan is carried out."""

    jobs: int = 1
    """Checks at once."""
    fail_fast: bool = False
    """Skip the rest after the first check that did not pass."""
    resume: bool = False
    """Take over what an earlier run has passed."""
    base: str = ""
    """The git ref that the work tree is compared with, or empty."""
    rerun: tuple[str, ...] = ()
    """The command line that runs the stage again."""


def execute(
    plan: Plan,
    dossier: Dossier,
    options: Options,
    *,
    environment: Mapping[str, str],
    listeners: Iterable[Listener] = (),
    reporters: Iterable[Reporter] = (),
) -> Run:
    """Run the checks of a plan, and leave the evidence.

    Raises UsageError where a secret is not set or nothing can be resumed, and DossierError
    where the evidence cannot be written.
    """
    values = secrets_of(plan, environment)
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
    redactor = redactor_of(plan, environment)
    stops = Stops()
    with contextlib.closing(stops), contextlib.ExitStack() as stack:
        stack.enter_context(stops.on_signals())
        stack.enter_context(dossier.locked())
        journal = Journal(dossier.journal, run, redactor)
        stack.callback(journal.close)
        session = Session(
            run=run,
            stage=plan.stage,
            repository=Path(plan.playbook.repository),
            scratch=stack.enter_context(scratch_folder(run)),
            live=dossier.live,
            release=plan.playbook.release,
            base=options.base,
            rehearsed_as=plan.playbook.rehearsed_as,
            environment=without_secrets(environment, plan),
            secrets=values,
            redactor=redactor,
            journal=journal,
            stops=stops,
            bus=Bus(listeners),
        )
        return _Conduct(plan, dossier, options, session).run(tuple(reporters))


class _Conduct:
    """One run, from its start to its end."""

    def __init__(self, plan: Plan, dossier: Dossier, options: Options, session: Session) -> None:
        self._plan = plan
        self._dossier = dossier
        self._options = options
        self._session = session
        self._services = Services(session, plan.services)
        self._past = resume.History()
        self._share = plan.share
        self._warnings = list(session.redactor.warnings)
        self._warnings += [plan.share.note] if plan.share and plan.share.note else []
        self._stopped = ""

    def run(self, reporters: tuple[Reporter, ...]) -> Run:
        started, began = now(), time.monotonic()
        session, plan = self._session, self._plan
        self._end_leftovers()
        subject = subject_of(session, plan.playbook)
        self._session = session = structs.replace(session, commit=subject.commit)
        self._open(subject)
        release = plan.playbook.release
        headline = f"{release.package} {release.version}"
        session.bus.tell(RunStarted(session.run, plan.stage, headline, plan.checks))
        with self._services.stopping():
            results = self._results()
            services = self._stop_services()
        strays = session.forest.sweep()
        if strays:
            self._warnings.append(f"stopped processes that no check owned: {', '.join(strays)}")
        self._warnings.extend(session.bus.troubles)
        interrupted = session.stops.gently.signal
        outcome, code = verdict(results, services, interrupted)
        finished = structs.replace(
            self._unfinished(subject),
            verdict=outcome,
            exit_code=int(code),
            started=started,
            duration=time.monotonic() - began,
            results=results,
            services=services,
            interrupted=interrupted,
        )
        finished, encoded = session.scrub(finished)
        self._dossier.write_run(finished, encoded=encoded)
        for reporter in reporters:
            reporter(finished, self._dossier)
        session.journal.append("run_ended", _summary(finished), durable=True)
        session.bus.tell(RunEnded(finished))
        return finished

    def _end_leftovers(self) -> None:
        """End what a killed run left behind: it would answer this run's checks."""
        for run, names in end_leftovers(self._dossier.journal):
            self._session.journal.append("run_abandoned", {"run": run, "ended": names})
            if names:
                self._warnings.append(f"stopped what run {run} left behind: {', '.join(names)}")

    def _open(self, subject: Subject) -> None:
        """Take note of the start; an earlier run of the stage is resumed or set aside."""
        stage, session = self._plan.stage, self._session
        upgrade.refuse_another(session.live, stage, subject)
        if self._options.resume:
            self._past = resume.history(self._dossier.journal, stage)
            if not self._past.last:
                raise UsageError(f"there is no run of '{stage}' to resume in {self._dossier.live}")
            self._same_share()
            self._dossier.resume(stage)
            self._forget_other_subject(subject)
        else:
            self._dossier.begin(stage, session.run)
        shard = self._share.shard if self._share else None
        start = resume.RunStart(stage, subject, self._past.last, self._options.base, shard)
        session.journal.append("run_started", start, durable=True)
        if self._share:
            self._dossier.write(f"{stage}/{PARTITION}", self._share.partition)
        self._dossier.write("upgrade.json", upgrade.record(self._dossier, subject))
        unfinished, encoded = session.scrub(self._unfinished(subject))
        self._dossier.write_run(unfinished, encoded=encoded)

    def _same_share(self) -> None:
        """Refuse to go on as another shard: what that has passed would count for this one."""
        before, now_ = self._past.shard, self._share.shard if self._share else None
        if before is not None and now_ is not None and before != now_:
            raise UsageError(
                f"the last run of '{self._plan.stage}' was shard {before}, not {now_}",
                hint=f"resume it with --shard {before}, or give each shard its own --output",
            )

    def _forget_other_subject(self, subject: Subject) -> None:
        before = self._past.subject
        if before is not None and before.commit != subject.commit:
            self._past.results.clear()
            self._warnings.append(
                "the commit is another than that of the resumed run: all is rerun"
            )
        elif self._past.base != self._options.base:
            self._past.results.clear()
            self._warnings.append("--base is another than that of the resumed run: all is rerun")
        elif subject.dirty:
            self._warnings.append("the work tree has changes: what is resumed may be about others")

    def _results(self) -> tuple[Result, ...]:
        checks = self._plan.checks
        if self._options.jobs > 1:
            results = side_by_side(checks, self._decide, self._options.jobs)
        else:
            results = one_by_one(checks, self._decide)
        return tuple(results[check.id] for check in checks)

    def _decide(self, check: Check, results: Mapping[str, Result]) -> Result:
        try:
            return self._decided(check, results)
        except DossierError:
            self._session.stops.ask("evidence lost")  # what runs beside must not go on for long
            raise

    def _decided(self, check: Check, results: Mapping[str, Result]) -> Result:
        past = self._past.of(check)
        reason = self._reason_to_skip(check, results)
        attempts: tuple[Attempt, ...] = ()
        if past.result is not None:
            result, attempts = past.result, past.attempts
        elif reason:
            result = skipped(check, reason)
        else:
            result, attempts = carry_out(self._session, self._services, check, past)
        if self._options.fail_fast and result.counts and result.outcome in _BAD:
            self._stopped = self._stopped or f"'{check.id}' did not pass (--fail-fast)"
        # The attempts were told as they ended.
        result = self._session.journal.append("check_ended", result, durable=True)
        result = structs.replace(result, attempts=attempts)
        self._session.bus.tell(CheckEnded(check, result))
        return result

    def _reason_to_skip(self, check: Check, results: Mapping[str, Result]) -> str:
        asked = self._session.stops.gently.signal
        if asked:
            return f"interrupted by {asked}"
        for need in check.needs:
            found = results.get(need)
            if found is not None and found.outcome is not Outcome.PASSED:
                return f"needs '{need}', which was {found.outcome}"
        return self._stopped

    def _stop_services(self) -> tuple[ServiceReport, ...]:
        reports = self._services.stop()
        for report in reports:
            self._session.journal.append("service_ended", report)
        return reports

    def _unfinished(self, subject: Subject) -> Run:
        """Give what the dossier says until the run has ended: it survives a ``kill -9``."""
        reason = "interrupted before it ended; journal.jsonl tells how far it came"
        return Run(
            id=self._session.run,
            stage=self._plan.stage,
            subject=subject,
            verdict=Outcome.ERRORED,
            exit_code=int(ExitCode.ERRORED),
            started=now(),
            duration=0.0,
            results=tuple(skipped(check, reason) for check in self._plan.checks),
            selected=len(self._plan.checks),
            total=self._plan.total,
            interrupted="killed",
            warnings=tuple(self._warnings),
            host=os.uname().nodename,
            runner_version=__version__,
            release=self._plan.playbook.release,
            owners=self._plan.playbook.owners,
            rerun=self._options.rerun,
            shard=self._share.shard if self._share else None,
        )


_BAD = (Outcome.FAILED, Outcome.ERRORED)


def _summary(run: Run) -> dict[str, object]:
    return {"stage": run.stage, "verdict": run.verdict, "exit_code": run.exit_code}
