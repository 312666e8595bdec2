"""``advisories``: the baseline before an upgrade, and the gate after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runner.kinds.advisories.parameters import (
    AFTER,
    PARAMETERS,
    SHARED,
    AdvisoriesParameters,
)
from runner.kinds.advisories.scan import Scan, set_up
from runner.kinds.advisories.waivers_file import read_waivers
from runner.kinds.base import Context, Kind
from runner.model import StepReport
from runner.playbook.shapes import refuse


@dataclass(frozen=True)
class AdvisoriesAction:
    """Scan, keep what was found, and hold it against the policy."""

    parameters: AdvisoriesParameters
    """What stands under ``with``."""

    def describe(self) -> tuple[str, ...]:
        """Say what is scanned and who is asked."""
        subject, sources = set_up(self.parameters)
        verb = "gate" if self.parameters.scan == AFTER else "keep as baseline"
        asked = (f"{one.name}: {one.describe()}" for one in sources)
        return (f"scan {subject.describe()}, and {verb}", *asked)

    def run(self, context: Context) -> StepReport:
        """Do it; an error of a source or of the subject is an outcome."""
        return Scan(self.parameters, context).run()


@dataclass(frozen=True)
class _NothingMore:
    """Refuses every key: what is expected stands in the policy."""

    def read(self, node: yaml.Node, key: str) -> None:
        """Refuse what is not empty."""
        raise refuse(node, key, "text for people", "what is forbidden stands in 'policy'")

    def schema(self) -> dict[str, Any]:
        """Give an object without properties."""
        return {"type": "object", "properties": {}, "additionalProperties": False}


def _build(parameters: AdvisoriesParameters, _: object) -> AdvisoriesAction:
    set_up(parameters)  # raises ValueError for what the shapes cannot tell
    return AdvisoriesAction(parameters)


def _verify(action: AdvisoriesAction, repository: Path) -> None:
    """Read the waivers before anything runs; they are read anew when they are used."""
    if name := action.parameters.waivers:
        read_waivers(repository / name, name)


def _the_policy() -> None:
    """Stand for the expectation that the policy states."""


ADVISORIES = Kind(
    name="advisories",
    summary="Scan for known vulnerabilities; keep a baseline, or compare with it and gate.",
    parameters=PARAMETERS,
    expectation=_NothingMore(),
    build=_build,
    default_expectation=_the_policy,
    verify=_verify,
    shared=SHARED,
)
"""The kind for vulnerability scans."""
