"""The policy of a gate: which vulnerabilities are forbidden, and what a scan must have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from runner.advisories.versions import package_name, parse_version

SeverityWord: TypeAlias = Literal["low", "medium", "high", "critical"]
"""CVSS' words for a score above zero, see `severity`."""
SEVERITY_WORDS: tuple[SeverityWord, ...] = ("low", "medium", "high", "critical")
"""From the mildest to the worst."""


@dataclass(frozen=True)
class Policy:
    """What is forbidden, and what must have been looked at; raises ValueError for nonsense."""

    packages: tuple[str, ...] = ()
    """Every vulnerability of these is forbidden; normalised names (PEP 503)."""
    severity: SeverityWord | None = None
    """This severity and all above are forbidden in every package; so is one that nobody rated,
    for nobody knows that it is low."""
    ids: tuple[str, ...] = ()
    """Forbidden in every package, under any of their names."""
    new: bool = False
    """Whether those that the baseline does not have are forbidden in every package."""
    max_database_age: float | None = None
    """Seconds from a database's timestamp to the judgement; None asks for no timestamp."""
    required: Mapping[str, str] = field(default_factory=dict)
    """Packages that must be in the inventory at a version, and looked at by every source:
    normalised name to version (PEP 440), or to nothing for any version."""

    def __post_init__(self) -> None:
        """Refuse a policy that can forbid nothing, or that cannot be meant."""
        if not (self.packages or self.severity or self.ids or self.new):
            raise ValueError("the policy forbids nothing: name packages, severity, ids or new")
        if self.severity is not None and self.severity not in SEVERITY_WORDS:
            raise ValueError(f"{self.severity!r} is none of {', '.join(SEVERITY_WORDS)}")
        if self.max_database_age is not None and not self.max_database_age > 0:
            raise ValueError("the greatest age of a database must be above zero seconds")
        for name in self.gated:
            if package_name(name) != name:
                raise ValueError(f"{name!r} is not normalised: {package_name(name)!r} is meant")
        for text in filter(None, self.required.values()):
            parse_version(text)

    @property
    def gated(self) -> tuple[str, ...]:
        """The packages that it names: each must have been looked at."""
        return tuple(dict.fromkeys((*self.required, *self.packages)))
