"""Which files the record of a shard names: logs and artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.model import Artifact, Result, ServiceReport


def of_services(services: Iterable[ServiceReport]) -> Iterator[Artifact]:
    """Give the files that services have left."""
    return (service.log for service in services if service.log is not None)


def of_result(result: Result) -> Iterator[Artifact]:
    """Give the files that a result names, in the order in which they were made."""
    for attempt in result.attempts:
        if attempt.log is not None:
            yield attempt.log
        for step in attempt.steps:
            yield from step.report.artifacts
    yield from result.artifacts
