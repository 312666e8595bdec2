"""``database``: a backup that was restored before it counts, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from runner.errors import RunnerError
from runner.kinds.base import Context, Kind
from runner.kinds.database.address import parse
from runner.kinds.database.bench import bench_of
from runner.kinds.database.opening import Target, open_database
from runner.kinds.database.operations import (
    BACKUP,
    GUARD,
    RESTORE,
    REVISION,
    VERIFY,
    Done,
    Work,
)
from runner.kinds.door import ContextDoor
from runner.kinds.matching import ANY_TEXT, TextExpectation
from runner.kinds.verdicts import judge, with_verdict
from runner.kinds.wording import shell_line
from runner.model import Outcome, StepReport
from runner.playbook.databases import REVISIONS, TARGET, TARGET_FIELDS
from runner.playbook.names import ENV_NAME
from runner.playbook.shapes import Choice, Field, OneKeyOf, Record

MOMENTS = ("before", "after")
"""When a revision is recorded."""
_SAID = {
    BACKUP: "dump {0}, restore the dump into a scratch database, and compare",
    VERIFY: "restore the recorded dump of {0} into a scratch database, and compare",
    RESTORE: "put the recorded dump back into {0}, and compare",
    REVISION: "record the schema revision of {0}",
    GUARD: "compare the revision of {0} with that of the server",
}


@dataclass(frozen=True)
class DatabaseParameters:
    """What stands under ``with``."""

    operation: str
    """What is done."""
    url: str = ""
    """The database, where its URL holds no secret."""
    url_env: str = ""
    """Or the variable that holds its URL."""
    scratch_url_env: str = ""
    """The variable with the URL of a server on which backups are tried."""
    moment: str = ""
    """For ``revision``: before or after the upgrade."""
    revisions: tuple[str, ...] = ()
    """For ``guard``: the program that tells the server's revisions."""
    way: tuple[str, ...] = ()
    """For ``restore``: the program that tells whether the data have to go back at all."""


@dataclass(frozen=True)
class DatabaseExpectation:
    """What stands under ``expect``."""

    revision: TextExpectation | None = None
    """What the schema's revision must be."""


@dataclass(frozen=True)
class DatabaseAction:
    """Do one thing with one database."""

    operation: str
    """Which."""
    target: Target
    """With which database."""
    moment: str
    """For ``revision``."""
    revisions: tuple[str, ...]
    """For ``guard``."""
    way: tuple[str, ...]
    """For ``restore``; empty where the data always go back."""
    expect: DatabaseExpectation
    """What is expected of the revision."""

    def describe(self) -> tuple[str, ...]:
        """Say what would be done."""
        said = _SAID[self.operation].format(self.target.describe())
        return (said, *(shell_line(argv) for argv in (self.revisions, self.way) if argv))

    def run(self, context: Context) -> StepReport:
        """Do it; what cannot be done is errored, with every program that was run as evidence."""
        door = ContextDoor(context, cwd="")
        try:
            address, engine = open_database(self.target, context.env, context.cwd)
            done = self._done(Work(context, bench_of(context, door), address, engine))
        except RunnerError as error:
            report = StepReport(Outcome.ERRORED, error.message, error.hint)
        else:
            report = self._report(done, context)
        return replace(report, executions=tuple(door.executions))

    def _done(self, work: Work) -> Done:
        if self.operation == REVISION:
            return work.tell_revision(self.moment)
        if self.operation == GUARD:
            return work.guard(self.revisions)
        if self.operation == RESTORE:
            return work.restore(self.way)
        return {BACKUP: work.back_up, VERIFY: work.verify}[self.operation]()

    def _report(self, done: Done, context: Context) -> StepReport:
        assertions = done.assertions
        if self.expect.revision is not None:
            found = done.outputs["revision"]
            assertions += tuple(self.expect.revision.hold("revision", found, context.redact))
        report = StepReport(Outcome.PASSED, assertions=assertions, outputs=done.outputs)
        return with_verdict(report, judge(assertions))


def _build(parameters: DatabaseParameters, expect: DatabaseExpectation) -> DatabaseAction:
    """Make the action; raises ValueError for what the shapes cannot tell."""
    operation = parameters.operation
    if parameters.url:
        _refuse_unreadable(parameters.url)
    for key, owner in (("moment", REVISION), ("revisions", GUARD)):
        if bool(getattr(parameters, key)) is not (operation == owner):
            verb = "needs" if operation == owner else "has no"
            raise ValueError(f"the operation '{operation}' {verb} '{key}'")
    if parameters.way and operation != RESTORE:
        raise ValueError(f"the operation '{operation}' has no 'way'")
    if expect.revision is not None and operation != REVISION:
        raise ValueError(f"the operation '{operation}' expects no revision")
    target = Target(parameters.url, parameters.url_env, parameters.scratch_url_env)
    return DatabaseAction(
        operation, target, parameters.moment, parameters.revisions, parameters.way, expect
    )


def _refuse_unreadable(url: str) -> None:
    """Raise ValueError for a URL that cannot be read, before anything runs."""
    try:
        parse(url)
    except RunnerError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


_PARAMETERS: OneKeyOf[DatabaseParameters] = OneKeyOf(
    Record(
        DatabaseParameters,
        (
            Field("operation", Choice(tuple(_SAID)), "what is done", required=True),
            *TARGET_FIELDS,
            Field(
                "scratch_url_env", ENV_NAME, "a database of the server on which backups are tried"
            ),
            Field("moment", Choice(MOMENTS), "for revision: before or after the upgrade"),
            Field(
                "revisions",
                REVISIONS,
                'for guard: argv that prints the server\'s own {"heads": […], "revisions": […]}',
            ),
            Field(
                "way",
                REVISIONS,
                "for restore: argv that prints whether the version RELEASE_VERSION runs on the "
                'data as they are: {"way": "restore" or "keep" or "none", "reason": "…"}',
            ),
        ),
    ),
    TARGET,
)
_EXPECTATION: Record[Any] = Record(
    DatabaseExpectation,
    (Field("revision", ANY_TEXT, "for revision: what it must be"),),
    least=1,
)

DATABASE = Kind(
    name="database",
    summary="Back up a database and prove it by restoring; verify, restore, revision, guard.",
    parameters=_PARAMETERS,
    expectation=_EXPECTATION,
    build=_build,
    default_expectation=DatabaseExpectation,
)
"""The kind for databases."""
