"""Buildkite: groups in the log.

Source: "Managing log output" of its documentation: ``---`` begins a folded group, ``+++`` an open
one, and a group reaches to the next. Values for later steps need its agent, which is not called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.reporters.ci.base import Section, Silent


class Buildkite(Silent):
    """Prints headings of groups."""

    name: str = "buildkite"
    """As people know it."""
    private: frozenset[str] = frozenset({"BUILDKITE_AGENT_ACCESS_TOKEN"})
    """What the agent's commands change the build with."""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a group."""
        yield f"{'+++' if section.bad else '---'} {section.title}"

    def close_section(self, section: Section) -> Iterable[str]:
        """Begin the next one, or what follows would be folded away with this one."""
        del section
        yield "+++ Checks"


BUILDKITE = Buildkite
"""The system."""
