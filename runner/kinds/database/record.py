"""``database-backup.json``: the record of a verified backup, and what it takes to rely on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from runner.advisories.moments import moment
from runner.kinds.database.contents import Contents
from runner.kinds.database.dump_file import FOLDER, sha256_of
from runner.kinds.database.trouble import unverified
from runner.model import Begun, Release

NAME = "database-backup.json"
"""Path in the dossier."""
FORMAT = "upgrade-runner/database-backup/1"
"""Stands in each record; its number changes when a reader would have to."""
AGAIN = "run the check that makes the backup again, before the upgrade"
"""What mends a backup that cannot be relied on."""


@dataclass(frozen=True)
class Backup:
    """A dump that was restored and found equal to its source."""

    format: str
    """`FORMAT`."""
    package: str
    """Whose upgrade this is."""
    version: str
    """The release that the database belonged to when it was backed up: where the upgrade begins."""
    target: str
    """Where it leads, as far as that was known then; empty where it was not."""
    run: str
    """Id of the run that made it."""
    database: str
    """Where it is, without a password."""
    identity: str
    """Tells it from every other database: cluster and name, or the file."""
    engine: str
    """``postgresql`` or ``sqlite``."""
    server: str
    """Its version: ``PostgreSQL 15.18``."""
    tools: Mapping[str, str]
    """Programs and libraries that made and tried the dump, to their versions."""
    contents: Contents
    """Revision, tables, counts and checksums, of the source and of what was restored alike."""
    path: str
    """Of the dump, relative to the output folder."""
    bytes: int
    """Its size."""
    sha256: str
    """Of its bytes."""
    begun: str
    """When the dump was begun, ISO 8601 with offset."""
    verified: str
    """When it had been restored and compared."""


def encode(backup: Backup) -> bytes:
    """Write a record."""
    return msgspec.json.format(msgspec.json.encode(backup), indent=1) + b"\n"


def decode(data: bytes | None) -> Backup:
    """Read what the dossier recalls; raises DatabaseError where that is no record."""
    if data is None:
        raise unverified("this dossier has the record of none", AGAIN)
    try:
        backup = msgspec.json.decode(data, type=Backup)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unverified(f"{NAME} is no record of one: {error}", AGAIN) from error
    if backup.format != FORMAT:
        raise unverified(f"{NAME} is of the format '{backup.format}', not '{FORMAT}'", AGAIN)
    return backup


def refuse_other_database(backup: Backup, identity: str) -> None:
    """Raise DatabaseError for a backup of another database than the one of this identity."""
    if backup.identity != identity:
        raise unverified(f"it is of another database: {backup.identity}, not {identity}", AGAIN)


@dataclass(frozen=True)
class ThisUpgrade:
    """The upgrade that a backup has to be of."""

    package: str
    """What is upgraded."""
    versions: tuple[str, ...]
    """From which to which: a backup is made of the one, or on the way to the other."""
    begun: str = ""
    """When, ISO 8601 with offset: nothing of before is of it. Empty where that is not known."""

    @classmethod
    def of(cls, release: Release, begun: Begun) -> ThisUpgrade:
        """Give that of a dossier, which has come to a release."""
        versions = dict.fromkeys(filter(None, (begun.version, release.version)))
        return cls(release.package, tuple(versions), begun.at)


def refuse_other_upgrade(backup: Backup, upgrade: ThisUpgrade, mend: str = AGAIN) -> None:
    """Raise DatabaseError for a backup of another upgrade, whatever its revision may be."""
    way = " to ".join(upgrade.versions)
    if backup.package != upgrade.package or backup.version not in upgrade.versions:
        told = f"it is of {backup.package} {backup.version}"
        raise unverified(f"{told}, not of this upgrade ({upgrade.package} {way})", mend)
    made, begun = moment(backup.verified), moment(upgrade.begun)
    # The record has whole seconds.
    if begun and (made is None or made < begun.replace(microsecond=0)):
        raise unverified(f"it is of {backup.verified}, the upgrade began at {upgrade.begun}", mend)


def dump_of(backup: Backup, output: Path, go_on: Callable[[], None]) -> Path:
    """Give the path of the dump, which is still what was verified; raises DatabaseError."""
    path = output / backup.path
    if Path(backup.path).parts[:1] != (FOLDER,) or ".." in Path(backup.path).parts:
        raise unverified(f"{backup.path} is no path below {FOLDER}", AGAIN)
    if not path.is_file():
        raise unverified(f"{path} is not there any more", AGAIN)
    size = path.stat().st_size
    if size != backup.bytes:
        raise unverified(f"{path} has {size} bytes, {backup.bytes} were recorded", AGAIN)
    if sha256_of(path, go_on) != backup.sha256:
        raise unverified(f"{path} is not what was recorded: its SHA-256 differs", AGAIN)
    return path


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the record, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:database-backup:1",
        "title": "A backup of a database that was restored and found equal",
        **msgspec.json.schema(Backup),
    }
