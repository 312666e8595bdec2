"""Problems of a playbook: values with a place, collected and shown together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from runner.errors import ExitCode, RunnerError
from runner.model import Place

if TYPE_CHECKING:
    import yaml


_MOST_COMPARED = 300
"""Words that a mistyped one is compared with; each takes some ten microseconds."""
_MOST_LISTED = 20
"""Words that one can still take in at a glance."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong with a playbook."""

    file: str
    """Path as the user would type it, or ``--set``."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    key: str
    """Dotted path of the key: ``stages.verification[2].timeout``."""
    message: str
    """What is wrong, and what was expected."""
    hint: str = ""
    """How it may be mended."""

    def __str__(self) -> str:
        """Give the problem on one line, the hint in brackets."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.key}: {self.message}{hint}"


class PlaybookInvalid(RunnerError):  # noqa: N818 - invalid is a verdict, not a failure
    """A playbook with at least one problem; nothing has been run."""

    exit_code = ExitCode.INVALID

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Order the problems by place and drop doubles.

        What is shared is read for each step that takes it over, under the step's key: it is told
        once all the same.
        """
        ordered = sorted(problems, reverse=True)
        once = {(one.file, one.line, one.column, one.message): one for one in ordered}
        self.problems = tuple(sorted(once.values()))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def place_of(node: yaml.Node) -> Place:
    """Give the place of a YAML node, counted from 1."""
    mark = node.start_mark
    return Place(str(mark.name), int(mark.line) + 1, int(mark.column) + 1)


def problem_at(node: yaml.Node, key: str, message: str, hint: str = "") -> Problem:
    """Make a problem at the place of a YAML node."""
    place = place_of(node)
    return Problem(place.file, place.line, place.column, key, message, hint)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the known word nearest to a mistyped one, or all of them where none is near."""
    import difflib  # most playbooks are right

    choices = sorted(itertools.islice(known, _MOST_COMPARED))
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(choices)}" if 0 < len(choices) <= _MOST_LISTED else ""
