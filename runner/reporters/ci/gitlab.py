"""GitLab CI: sections in the log.

Source: "Custom collapsible sections" (job logs) of GitLab's documentation. Outcomes come from
``junit.xml`` by ``artifacts:reports:junit``, notes from ``code-quality.json`` by
``artifacts:reports:codequality``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from runner.reporters.ci.base import Section, Silent

# Carriage return and "erase in line" (ECMA-48) hide the mark itself in a terminal.
_HIDE: Final = "\r\x1b[0K"


class GitLab(Silent):
    """Prints marks of sections; a token that a job has is meant for its processes."""

    clock: Callable[[], float] = time.time
    """Seconds since 1970, for the duration that GitLab shows."""
    name: str = "gitlab"
    """As people know it."""
    workspace: str = "CI_PROJECT_DIR"
    """The checkout."""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a section; one that should catch the eye is not folded."""
        folded = "" if section.bad else "[collapsed=true]"
        mark = f"section_start:{int(self.clock())}:{section.key}{folded}"
        yield f"{mark}{_HIDE}{section.title}"

    def close_section(self, section: Section) -> Iterator[str]:
        """End it."""
        yield f"section_end:{int(self.clock())}:{section.key}{_HIDE}"


GITLAB = GitLab
"""The system."""
