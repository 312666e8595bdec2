"""GitLab CI: sections in the log, and a Code Quality report for the merge request.

Sources: "Custom collapsible sections" (job logs) and "Code Quality report format" of GitLab's
documentation. Outcomes come from ``junit.xml`` by ``artifacts:reports:junit``, notes by
``artifacts:reports:codequality``.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from runner.files import replace_file
from runner.model import Place
from runner.reporters.ci.base import Note, Product, Section, relative
from runner.reporters.text import one_line

REPORT: Final = "code-quality.json"
"""Name of the report in the folder of a stage."""
_SEVERITY: Final = {"error": "critical", "warning": "minor"}
# Carriage return and "erase in line" (ECMA-48) hide the mark itself in a terminal.
_HIDE: Final = "\r\x1b[0K"


@dataclass
class GitLab:
    """Prints marks of sections."""

    environ: Mapping[str, str]
    """Names the checkout."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970, for the duration that GitLab shows."""
    name: str = "gitlab"
    """As people know it."""
    private: frozenset[str] = frozenset()
    """There are no files of commands; a token that a job has is meant for its processes."""
    fences: bool = False
    """It has no such thing."""
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

    def note(self, notes: tuple[Note, ...]) -> Iterable[str]:
        """Print nothing: notes stand in the report."""
        del notes
        return ()

    def hand_over(self, product: Product) -> Iterable[str]:
        """Write the Code Quality report; raises OSError."""
        if product.folder:
            issues = [self._issue(note) for note in product.notes if note.place]
            data = msgspec.json.format(msgspec.json.encode(issues), indent=1) + b"\n"
            replace_file(product.folder / REPORT, data)
        return ()

    def _issue(self, note: Note) -> dict[str, object]:
        place = relative(note.place or Place("", 1, 1), self.environ.get(self.workspace, ""))
        told = (note.title, note.message, place.file)
        return {
            "description": one_line(f"{note.title}: {note.message}"),
            "check_name": "upgrade-runner",
            "fingerprint": hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest(),
            "severity": _SEVERITY[note.level],
            "location": {"path": place.file, "lines": {"begin": place.line}},
        }


GITLAB = GitLab
"""The system."""
