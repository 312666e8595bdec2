"""What the playbook must know of a kind; `runner.kinds.base.Kind` is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from runner.model import Action
from runner.playbook.shapes import Shape


class KindSpec(Protocol):
    """A kind as the playbook sees it: two shapes, and what is made of them."""

    @property
    def name(self) -> str:
        """As written after ``uses``."""

    @property
    def summary(self) -> str:
        """One line for the schema."""

    @property
    def parameters(self) -> Shape[Any]:
        """The shape of ``with``."""

    @property
    def expectation(self) -> Shape[Any]:
        """The shape of ``expect`` where it is a mapping."""

    @property
    def shared(self) -> Shape[Any] | None:
        """The shape of the top-level key of its name, which every ``with`` takes over; or None."""

    @property
    def build(self) -> Callable[[Any, Any], Action]:
        """Makes the action; may raise ValueError for what the shapes cannot tell."""

    @property
    def verify(self) -> Callable[[Any, Path], None] | None:
        """Looks into the files that an action names, in a repository; raises PlaybookInvalid."""

    @property
    def default_expectation(self) -> Callable[[], Any] | None:
        """What is expected where nothing is stated; None demands that something is."""
