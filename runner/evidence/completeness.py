"""The seven pieces of evidence that an audit of an upgrade asks for, and which are not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from runner.evidence.contents import SCANS, Contents


@dataclass(frozen=True)
class Artefact:
    """A piece of evidence."""

    what: str
    """What it is, for people."""
    mend: str
    """How it comes into the dossier."""
    there: Callable[[Contents], bool]
    """Says whether it is."""


def _has(*paths: str) -> Callable[[Contents], bool]:
    return lambda contents: set(paths) <= set(contents.paths)


_API: Final = {"mlflow": re.compile(r"/(ajax-)?api/[^/]+/mlflow/experiments(/.*)?")}
"""Paths of the API whose answer is evidence, by package; of others any below ``/api/`` is."""
_ANY_API: Final = re.compile(r".*/api/.*")


def _api_answered(contents: Contents) -> bool:
    api = _API.get(contents.package, _ANY_API)
    return any(api.fullmatch(path) for path in contents.answered)


def _reported(contents: Contents) -> bool:
    """Every stage has its test report, and there is a stage."""
    reports = {path.replace("/run.json", "/junit.xml") for path in contents.runs}
    return bool(reports) and reports <= set(contents.paths)


ARTEFACTS: Final[Mapping[str, Artefact]] = {
    "lock": Artefact(
        "locks/after.txt and locks/outdated.json",
        "scan with `scan: after`, and with `outdated: true` in one of the scans",
        _has("locks/after.txt", "locks/outdated.json"),
    ),
    "safety-before": Artefact(
        "safety-before.json",
        "run the check with `scan: before` (the preflight), or validate with --base",
        _has(SCANS[0]),
    ),
    "safety-after": Artefact(
        "safety-after.json", "run the check with `scan: after`", _has(SCANS[1])
    ),
    "image-digest": Artefact(
        "image.json with the digest of the container image",
        "add a check of the kind `image`",
        lambda contents: contents.image is not None,
    ),
    "health-response": Artefact(
        "an HTTP exchange with /health that was answered",
        "add a step `uses: http` that asks the service's /health",
        lambda contents: "/health" in contents.answered,
    ),
    "api-response": Artefact(
        "an HTTP exchange with the API that was answered: of MLflow, the experiments API",
        "add a step `uses: http` that asks /api/2.0/mlflow/experiments/search, or another API",
        _api_answered,
    ),
    "test-reports": Artefact(
        "junit.xml of each stage that was run",
        "`runner report` makes it anew",
        _reported,
    ),
}
"""By the name that the manifest's ``missing`` has, in its order."""


def missing(contents: Contents) -> tuple[str, ...]:
    """Name what is not there."""
    return tuple(name for name, one in ARTEFACTS.items() if not one.there(contents))
