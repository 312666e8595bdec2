"""Collects the problems of one reading, so that all are shown at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
import yaml

from runner.model import Place
from runner.playbook.problems import PlaybookInvalid, Problem, place_of, problem_at
from runner.playbook.shapes.special import NOT_IN_SHELL

T = TypeVar("T")


class Findings(msgspec.Struct):
    """The problems so far, and the places of which nothing can be said yet."""

    problems: list[Problem] = msgspec.field(default_factory=list)
    """What shapes refused; does not count at an open place."""
    certain: list[Problem] = msgspec.field(default_factory=list)
    """What counts wherever it is."""
    open: set[Place] = msgspec.field(default_factory=set)
    """Places of texts whose look-ups have no value in this reading."""

    def attempt(self, reader: Callable[[], T]) -> T | None:
        """Call a reader; keep its problems and give None where it has any."""
        try:
            return reader()
        except PlaybookInvalid as error:
            self.problems.extend(error.problems)
            return None

    def add(self, node: yaml.Node, key: str, message: str, hint: str = "") -> None:
        """Keep a problem that counts."""
        self.certain.append(problem_at(node, key, message, hint))

    def leave_open(self, node: yaml.Node) -> None:
        """Say that the value at this place is not known in this reading."""
        self.open.add(place_of(node))

    def all(self) -> list[Problem]:
        """Give every problem that counts."""
        return [*self.certain, *(one for one in self.problems if self._counts(one))]

    def _counts(self, problem: Problem) -> bool:
        place = Place(problem.file, problem.line, problem.column)
        return problem.message == NOT_IN_SHELL or place not in self.open
