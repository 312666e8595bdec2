"""Buildkite: groups in the log.

Source: "Managing log output" of its documentation: ``---`` begins a folded group, ``+++`` an open
one, and a group reaches to the next. Values for later steps need its agent, which is not called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runner.reporters.ci.base import Note, Product, Section


@dataclass
class Buildkite:
    """Prints headings of groups."""

    environ: Mapping[str, str]
    """Not asked."""
    name: str = "buildkite"
    """As people know it."""
    private: frozenset[str] = frozenset({"BUILDKITE_AGENT_ACCESS_TOKEN"})
    """What the agent's commands change the build with."""
    fences: bool = False
    """It has no such thing."""
    workspace: str = "BUILDKITE_BUILD_CHECKOUT_PATH"
    """The checkout."""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a group."""
        yield f"{'+++' if section.bad else '---'} {section.title}"

    def close_section(self, section: Section) -> Iterable[str]:
        """Begin the next one, or what follows would be folded away with this one."""
        del section
        yield "+++ Checks"

    def note(self, notes: tuple[Note, ...]) -> Iterable[str]:
        """Print nothing: the closing part tells it."""
        del notes
        return ()

    def hand_over(self, product: Product) -> Iterable[str]:
        """Do nothing."""
        del product
        return ()


BUILDKITE = Buildkite
"""The system."""
