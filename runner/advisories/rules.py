"""Which rules of a policy a vulnerability breaks."""

from __future__ import annotations

from collections.abc import Iterator

from runner.advisories.appeared import NewVulnerability
from runner.advisories.policy import SEVERITY_WORDS, Policy
from runner.advisories.vulnerabilities import Vulnerability


def broken(policy: Policy, one: Vulnerability, new: NewVulnerability | None) -> Iterator[str]:
    """Give every rule that a vulnerability breaks, in words; ``new`` is set if it is new."""
    if one.package in policy.packages:
        yield f"no vulnerability of {one.package} is allowed"
    if policy.severity is not None:
        yield from _severity(policy.severity, one)
    wanted = {name.casefold() for name in policy.ids}
    for name in sorted(one.names):
        if name.casefold() in wanted:
            yield f"{name} is forbidden by its id"
    if policy.new and new is not None:
        yield f"it is new: {new.cause}, {new.detail}"


def _severity(lowest: str, one: Vulnerability) -> Iterator[str]:
    forbidden = SEVERITY_WORDS[SEVERITY_WORDS.index(lowest) :]
    if one.severity.score is None:
        yield f"it is unrated: nobody knows that it is below {lowest}"
    elif one.severity.word in forbidden:
        above = "" if lowest == forbidden[-1] else " and above"
        yield f"it is {one.severity.word}: {lowest}{above} is forbidden"
