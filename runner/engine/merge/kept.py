"""Which files the record of a shard names: logs and artifacts."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runner.model import Artifact, ServiceReport


class _Report(msgspec.Struct, frozen=True):
    artifacts: tuple[Artifact, ...]


class _Step(msgspec.Struct, frozen=True):
    report: _Report


class _Attempt(msgspec.Struct, frozen=True):
    steps: tuple[_Step, ...]
    log: Artifact | None


class _Result(msgspec.Struct, frozen=True):
    """What is read of a result."""

    attempts: tuple[_Attempt, ...]
    artifacts: tuple[Artifact, ...]


_decode = msgspec.json.Decoder(_Result).decode


def kept(results: Iterable[bytes], services: Iterable[ServiceReport]) -> tuple[Artifact, ...]:
    """Give the files that results and services name, in the order in which they were made."""
    found: list[Artifact] = [service.log for service in services if service.log is not None]
    for result in map(_decode, results):
        for attempt in result.attempts:
            found += [attempt.log] if attempt.log is not None else []
            for step in attempt.steps:
                found += step.report.artifacts
        found += result.artifacts
    return tuple(found)
