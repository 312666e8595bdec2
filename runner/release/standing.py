"""Where an upgrade stands, put together; and its form as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from runner.model.standing import KnownAdvisories, StageRecord, UpgradeStanding
from runner.release.checklist import Today, checklist
from runner.release.drift import places_of
from runner.release.next_step import Commands, next_step


def standing_of(
    today: Today,
    records: Mapping[str, StageRecord],
    advisories: KnownAdvisories,
    commands: Commands,
) -> UpgradeStanding:
    """Put together what the playbook, the repository and the dossier tell."""
    playbook = today.playbook
    pins = places_of(playbook)
    stages = checklist(today, records)
    return UpgradeStanding(
        format="upgrade-runner/status/1",
        release=playbook.release,
        owners=playbook.owners,
        from_version=today.from_version,
        in_sync=all(one.in_sync for one in pins),
        pins=pins,
        advisories=advisories,
        stages=stages,
        next=next_step(playbook.release, pins, stages, commands),
    )


def encode(standing: UpgradeStanding) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(standing), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:status:1",
        "title": "Where an upgrade stands",
        **msgspec.json.schema(UpgradeStanding),
    }
