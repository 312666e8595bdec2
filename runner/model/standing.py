"""Where an upgrade stands: pins, known advisories, what has been run, and what is next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from runner.model.releases import Owners, Release
from runner.model.results import Result
from runner.model.runs import Subject

State: TypeAlias = Literal["passed", "failed", "errored", "skipped", "not yet", "stale"]
"""An outcome of today's check; ``not yet`` where none is recorded, and ``stale`` where what is
recorded is of another check, version or commit."""


class PinPlace(msgspec.Struct, frozen=True):
    """A place that repeats something of the release, or a pin whose place cannot be found."""

    file: str
    """Path relative to the repository."""
    format: str
    """The pin's format."""
    selector: str
    """What the pin looks for."""
    in_sync: bool
    """Whether there stands what should."""
    line: int = 0
    """Counted from 1; 0 where the place cannot be found."""
    has: str = ""
    """What stands there."""
    wants: str = ""
    """What should stand there."""
    problem: str = ""
    """Why it cannot be found, with file and line; empty where it was."""
    hint: str = ""
    """How to mend that."""


class KnownAdvisory(msgspec.Struct, frozen=True):
    """An advisory that affects the release."""

    id: str
    """A CVE id if there is one."""
    severity: str
    """CVSS' word, or ``unknown``."""
    tracked: bool
    """Whether ``release.cves`` names it."""
    fixed_in: str = ""
    """The next version that is named as fixed; empty where none is."""
    waived_until: str = ""
    """The last day of the waiver that accepts it, ISO 8601; empty where none does."""


class KnownAdvisories(msgspec.Struct, frozen=True):
    """What the playbook's sources know of the release without a network."""

    asked: tuple[str, ...] = ()
    """Sources that have answered; without one nothing is known, which is not the same as none."""
    found: tuple[KnownAdvisory, ...] = ()
    """The worst first."""
    untold: tuple[str, ...] = ()
    """Tracked advisories that no answer calls a flaw of the release."""
    troubles: tuple[str, ...] = ()
    """Why a source could not answer, or was not asked; a sentence each."""


class StageRecord(msgspec.Struct, frozen=True):
    """What the dossier tells of a stage: its last run, with all that it resumed."""

    run: str = ""
    """Id of the last run; empty where there was none."""
    subject: Subject | None = None
    """What it was about."""
    ended: bool = True
    """Whether it came to its end."""
    results: Mapping[str, Result] = msgspec.field(default_factory=dict)
    """By the check's id."""


class ChecklistItem(msgspec.Struct, frozen=True):
    """A check of a stage."""

    id: str
    """The check's id."""
    area: str
    """Its title."""
    state: State
    """How far it is."""
    detail: str = ""
    """Why it did not pass, or why what is recorded does not count."""
    when: str = ""
    """When the recorded run of it began, ISO 8601 with offset."""


class StageStanding(msgspec.Struct, frozen=True):
    """A stage, check by check."""

    name: str
    """Of the stage."""
    state: State
    """That of the check which is worst; ``not yet`` where one was not run."""
    checks: tuple[ChecklistItem, ...]
    """In the order written."""
    remark: str = ""
    """What is to be said of its last run as a whole."""


class NextStep(msgspec.Struct, frozen=True):
    """What to do now."""

    command: str
    """What to type; empty where a person has to edit something first."""
    why: str
    """A sentence."""


class UpgradeStanding(msgspec.Struct, frozen=True):
    """Where an upgrade stands; ``runner status --json``."""

    format: Literal["upgrade-runner/status/1"]
    """Its number changes when a reader would have to."""
    release: Release
    """As the playbook states it."""
    owners: Owners
    """Who answers for it."""
    from_version: str
    """The version with which the dossier was begun; empty where there is none for the package."""
    in_sync: bool
    """Whether every place of every pin is."""
    pins: tuple[PinPlace, ...]
    """In the playbook's order."""
    advisories: KnownAdvisories
    """Of the release."""
    stages: tuple[StageStanding, ...]
    """In the order of an upgrade, then those of one's own."""
    next: NextStep
    """What to do now."""
