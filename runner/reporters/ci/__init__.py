"""The CI system that the runner finds itself in, by the variable that each of them sets.

A system is one file here and one line in `_HOMES`. Elsewhere nothing is printed or written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module

from runner.reporters.ci.base import Note, Product, Section, System, inert

__all__ = [
    "DETECTED_BY",
    "Note",
    "Product",
    "Section",
    "System",
    "for_checks",
    "inert",
    "system_of",
]

_HOMES: Mapping[str, tuple[str, str]] = {
    "GITHUB_ACTIONS": ("runner.reporters.ci.github", "GITHUB"),
    "GITLAB_CI": ("runner.reporters.ci.gitlab", "GITLAB"),
    "TF_BUILD": ("runner.reporters.ci.azure", "AZURE"),
    "BUILDKITE": ("runner.reporters.ci.buildkite", "BUILDKITE"),
    "TEAMCITY_VERSION": ("runner.reporters.ci.teamcity", "TEAMCITY"),
}
"""Variable to the module and the name of its system."""

DETECTED_BY = tuple(_HOMES)
"""The variables that tell where the runner is."""


def system_of(environ: Mapping[str, str]) -> System | None:
    """Give the CI system of an environment; None outside of those that are known."""
    for variable, (module, name) in _HOMES.items():
        if environ.get(variable, "").lower() not in {"", "false", "0"}:
            made: System = getattr(import_module(module), name)(environ)
            return made
    return None


def for_checks(environ: Mapping[str, str], wanted: Collection[str] = ()) -> Mapping[str, str]:
    """Give the environment without what a process would speak to the CI system with.

    A check must not be able to say what the verdict was. ``wanted`` are names that it may see
    nevertheless, as the playbook says so.
    """
    system = system_of(environ)
    private = system.private.difference(wanted) if system else frozenset()
    return {name: value for name, value in environ.items() if name not in private}
