"""What a rollout remembers from one check to the next: ``rollout.json`` of the deployment.

It is written whole or not at all, and durable before the next thing is done.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from deployed import RolloutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployed import Deployment

#: Raised when the shape changes.
FORMAT = "upgrade-runner/rollout/1"


@dataclass(frozen=True)
class Release:
    """What is in a slot, or is to be."""

    version: str
    """Of the package."""
    environment: str = ""
    """Folder of the environment made of its lock."""
    image: str = ""
    """Reference of its image, where it is deployed as one."""


@dataclass(frozen=True)
class Record:
    """Where the rollout stands."""

    slots: dict[str, Release] = field(default_factory=dict)
    """What is in each slot; those that never had a release are left out."""
    up: tuple[str, ...] = ()
    """The slots whose server is to run, also after the machine has started anew."""
    strategy: str = ""
    """``stop-migrate-start``, ``blue-green`` or ``rolling``; empty before the first decision."""
    reason: str = ""
    """Why that one."""
    release: Release | None = None
    """What is rolled out."""
    before: Release | None = None
    """What had the traffic when it was decided."""
    old: tuple[str, ...] = ()
    """The slots that had the traffic when it was decided."""
    new: str = ""
    """The slot that gets the release."""
    phase: str = ""
    """How far it has come: one of `PHASES`."""
    migrates: bool = False
    """Whether it changes the data, so that what is not in `fits` cannot run on them any more."""
    restores: bool = False
    """Whether it is a way back that puts the data of before back."""
    fits: tuple[str, ...] = ()
    """The versions that run on the data as they are: one can take another's place, and nothing
    is lost. Empty while they are changed."""


#: In their order. Until ``migrating`` the old servers can be started again as if nothing had been;
#: from then on with the restored data only.
PHASES = ("decided", "closed", "stopped", "migrating", "migrated", "started", "moved", "settled")


def read_record(deployment: Deployment) -> Record:
    """Give the record, or an empty one where there is none; RolloutError for another format."""
    path = deployment.state
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        refuse_other(told.pop("format"))
        told["slots"] = {name: Release(**one) for name, one in told["slots"].items()}
        for key in ("release", "before"):
            told[key] = Release(**told[key]) if told[key] else None
        for key in ("old", "up", "fits"):
            told[key] = tuple(told.get(key, ()))
        return Record(**told)
    except FileNotFoundError:
        refuse_lost(deployment)
        return Record()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"cannot read {path}: {error}"
        raise RolloutError(message, "mend it, or move it away and adopt what runs") from error


def refuse_lost(deployment: Deployment) -> None:
    """Raise RolloutError where there was a record: what was done to the data is not known then."""
    # Containers find an empty file of settings before anything has run: Compose insists on one.
    if deployment.settings.exists() and deployment.settings.stat().st_size:
        message = f"{deployment.state} is gone, and {deployment.settings.name} beside it is not"
        raise RolloutError(message, "put it back, or move both away and adopt what runs")


def refuse_other(format_: object) -> None:
    """Raise ValueError for another format than this one."""
    if format_ != FORMAT:
        message = f"its format is {format_!r}, not {FORMAT!r}"
        raise ValueError(message)


def write_record(deployment: Deployment, record: Record) -> None:
    """Keep the record, and the settings with which slots are started."""
    told = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, sort_keys=True) + "\n"
    whole(deployment, "rollout.json", told)
    lines = []
    for name, release in sorted(record.slots.items()):
        values = {**asdict(release), "state": "up" if name in record.up else "down"}
        lines += [f"{name.upper()}_{key.upper()}={value}\n" for key, value in values.items()]
    whole(deployment, "slots.env", "".join(lines))


def whole(deployment: Deployment, name: str, text: str) -> None:
    """Write a file that appears whole."""
    deployment.home.mkdir(parents=True, exist_ok=True)
    path = deployment.home / name
    part = path.with_name(f".{name}.part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def come_to(deployment: Deployment, record: Record, phase: str) -> Record:
    """Note a phase."""
    record = replace(record, phase=phase)
    write_record(deployment, record)
    return record


def placed_in(record: Record, name: str, release: Release) -> Record:
    """Note that a slot has a release, whose server is to run."""
    return replace(
        record, slots={**record.slots, name: release}, up=tuple(sorted({*record.up, name}))
    )


def taken_down(record: Record, names: Iterable[str]) -> Record:
    """Note that servers are not to run any more."""
    return replace(record, up=tuple(one for one in record.up if one not in set(names)))


def fitting(record: Record, *releases: Release | None) -> Record:
    """Note that releases run on the data as they are."""
    versions = (one.version for one in releases if one is not None)
    return replace(record, fits=tuple(dict.fromkeys((*record.fits, *versions))))


def given_up(deployment: Deployment, record: Record) -> Record:
    """Note that nothing is under way any more, and that the release of before serves."""
    record = replace(
        record,
        strategy="",
        reason="",
        phase="",
        release=record.before,
        migrates=False,
        restores=False,
    )
    write_record(deployment, record)
    return record


def under_way(record: Record) -> bool:
    """Say whether a rollout, or a way back, was begun and has not come to its end."""
    return bool(record.strategy) and record.phase != "settled"


def before(record: Record, phase: str) -> bool:
    """Say whether a phase has not been come to."""
    return not record.phase or PHASES.index(record.phase) < PHASES.index(phase)
