"""What a kind is, and what the engine offers it: the contract for one file in this folder.

A kind turns the YAML of a step into an action, a frozen value that can say what it would do
and do it. An action reaches the world only through its `Context`: no kind starts a process,
writes into the dossier or prints by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from runner.model import Artifact, Begun, Execution, Release, StepReport
from runner.playbook.shapes import Shape

if TYPE_CHECKING:
    from runner.model.rehearsed import Rehearsed


class Command(msgspec.Struct, frozen=True):
    """A process that an action asks for."""

    argv: tuple[str, ...]
    """Program and arguments; the program is looked up on the step's PATH."""
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Variables over the step's."""
    cwd: str = ""
    """Relative to the repository; the step's where empty."""
    timeout: float | None = None
    """Seconds; None leaves it what remains of the step's."""
    split: bool = False
    """Capture stdout and stderr each by itself; else both go to the log in exact order."""


class Finished(msgspec.Struct, frozen=True):
    """A process that has ended, with what it printed where that was asked for."""

    execution: Execution
    """Exit, times and names, as evidence."""
    stdout: bytes = b""
    """Unredacted, at most `CAPTURE_LIMIT` bytes; empty unless ``split``."""
    stderr: bytes = b""
    """The same for stderr."""
    truncated: bool = False
    """Whether either stream went over the limit, so that nothing can be said of its whole."""


CAPTURE_LIMIT = 8 * 1024 * 1024
"""Bytes kept of each captured stream; memory must not grow with a child's output."""


CLEAN_UP = 30.0
"""Seconds for a process that takes away what another has left, beyond the step's own time."""


class Context(Protocol):
    """What the engine lends an action for one step of one attempt."""

    @property
    def repository(self) -> Path:
        """The folder that relative paths are meant from."""

    @property
    def scratch(self) -> Path:
        """An existing folder of this run, removed after it."""

    @property
    def output(self) -> Path:
        """The folder around the dossier, for what is the user's and no evidence: backups."""

    @property
    def cwd(self) -> Path:
        """The step's working folder, absolute."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment that the step's processes see."""

    @property
    def release(self) -> Release:
        """What the playbook tracks."""

    @property
    def begun(self) -> Begun:
        """Where the upgrade of this dossier began, as far as that is known."""

    @property
    def commit(self) -> str:
        """The repository's commit, or an empty text outside one."""

    @property
    def base(self) -> str:
        """The git ref that the work tree is compared with (``--base``), or an empty text."""

    @property
    def rehearsed_as(self) -> str:
        """The profile under which a rehearsal of the playbook takes place, or an empty text."""

    @property
    def remaining(self) -> float:
        """Seconds until the step's deadline, never below 0."""

    @property
    def stopping(self) -> str:
        """The name of the signal that asks the run to stop, or an empty text."""

    def run(self, command: Command) -> Finished:
        """Run a process to its end; a process that cannot start is a result, not an error."""

    def clean_up(self, command: Command) -> Finished:
        """Run a process that takes away what the step has left elsewhere: a container, a database.

        It has `CLEAN_UP` seconds of its own, also where the step's time is over or the run was
        asked to stop; only a second request to stop ends it.
        """

    def wait(self, seconds: float) -> bool:
        """Sleep, but not beyond the deadline; False where the run is asked to stop."""

    def log(self, text: str) -> None:
        """Append redacted lines to the attempt's log."""

    def save(self, name: str, content: bytes) -> Artifact:
        """Keep redacted content as evidence of the check, under a name unique in the attempt."""

    def record(self, name: str, content: bytes) -> Artifact:
        """Put redacted content into the dossier under a name of its own, over an earlier one.

        For what belongs to the upgrade and not to one attempt: ``safety-before.json``.
        """

    def recall(self, name: str) -> bytes | None:
        """Give what a check of this dossier has recorded last, or None where none has.

        Raises DossierError where the file is not the one that the journal tells of.
        """

    def rehearsed(self, before: str) -> Rehearsed | None:
        """Give the last rehearsal from a version to the release's, or None where there is none.

        An empty version is that with which the dossier was begun. Raises DossierError where the
        record is not the one that its journal tells of.
        """

    def redact(self, text: str) -> str:
        """Replace the secrets in a text that goes into a report."""


@runtime_checkable
class Runnable(Protocol):
    """An action that can be carried out."""

    def describe(self) -> tuple[str, ...]:
        """Say what would be done, a line each, without doing it."""

    def run(self, context: Context) -> StepReport:
        """Do it and hold what was found against what was expected."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of step: its name, its YAML, and how both become an action."""

    name: str
    """As written after ``uses``."""
    summary: str
    """One line for the schema and the documentation."""
    parameters: Shape[Any]
    """The shape of ``with``."""
    expectation: Shape[Any]
    """The shape of ``expect`` where it is a mapping."""
    build: Callable[[Any, Any], Runnable]
    """Makes the action of what the two shapes have read."""
    default_expectation: Callable[[], Any] | None = None
    """What is expected where nothing is stated; None demands that something is."""
    verify: Callable[[Any, Path], None] | None = None
    """Looks into the files that an action names when the playbook is read, before anything runs;
    is given the repository and raises PlaybookInvalid or UsageError."""
    shared: Shape[Any] | None = None
    """The shape of the playbook's top-level key of the same name, if it has one: what stands there
    stands under every ``with`` of this kind that does not say otherwise."""
