"""What a CI system is: sections in its log, notes at lines of code, values for later steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from runner.model import Place

Level: TypeAlias = Literal["error", "warning"]
"""Whether it bears on the verdict, or is only worth a look."""

# What a line must not hold that is no command of ours. GitHub's runner takes `::name::` where
# nothing but white space stands before, and `##[name]` anywhere (`ActionCommand` of its sources);
# Azure's agent takes `##vso[` and TeamCity `##teamcity[` anywhere.
_COMMAND: Final = r"(?m)##(?=[A-Za-z]*\[)|(?:^|(?<=\r))([^!-~\r\n]*):(?=:)"


class Note(msgspec.Struct, frozen=True):
    """A remark at a line of code, or on the run as a whole."""

    level: Level
    """How much it matters."""
    title: str
    """What it is about, one line."""
    message: str
    """What is to be said; may have several lines."""
    place: Place | None = None
    """Where it belongs, the file relative to the working folder; None where there is no place."""


class Section(msgspec.Struct, frozen=True):
    """A part of the log that can be folded away."""

    key: str
    """Unique in the log: letters, digits, ``-``, ``_`` and dots."""
    title: str
    """One line, safe."""
    bad: bool = False
    """Whether it should catch the eye."""


class Product(msgspec.Struct, frozen=True):
    """What a run hands over to the steps after it."""

    values: Mapping[str, str]
    """Name to value."""
    notes: tuple[Note, ...] = ()
    """The most important first."""
    junit: Path | None = None
    """The JUnit report, where there is one."""
    summary: Path | None = None
    """A report in Markdown, where there is one."""


class System(Protocol):
    """A CI system; lines that are given are commands, and go to its log as they are."""

    name: str
    """As people know it."""
    private: frozenset[str]
    """Variables of the environment by which a process speaks to the system: no check sees them."""
    fences: bool
    """Whether it takes nothing inside a section for a command, whatever it is."""
    workspace: str
    """The variable with the folder that paths in notes are relative to; empty where it has none."""

    def open_section(self, section: Section) -> Iterable[str]:
        """Begin a section."""

    def close_section(self, section: Section) -> Iterable[str]:
        """End it."""

    def note(self, notes: tuple[Note, ...]) -> Iterable[str]:
        """Show notes, the most important first; what a system has no room for is counted."""

    def hand_over(self, product: Product) -> Iterable[str]:
        """Pass a product on; raises OSError where a file of the system cannot be written."""


class Silent(msgspec.Struct):
    """What a system borrows: nothing is shown or handed over, and nothing is private."""

    environ: Mapping[str, str]
    """Of the job."""
    name: str = ""
    """As people know it."""
    private: frozenset[str] = frozenset()
    """Variables by which a process speaks to the system."""
    fences: bool = False
    """Whether it takes nothing inside a section for a command."""
    workspace: str = ""
    """The variable with the checkout."""

    def open_section(self, section: Section) -> Iterable[str]:
        """Begin nothing."""
        del section
        return ()

    def close_section(self, section: Section) -> Iterable[str]:
        """End nothing."""
        del section
        return ()

    def note(self, notes: tuple[Note, ...]) -> Iterable[str]:
        """Show nothing: the closing part, or a report, tells it."""
        del notes
        return ()

    def hand_over(self, product: Product) -> Iterable[str]:
        """Pass nothing on."""
        del product
        return ()

    def located(self, place: Place) -> Place:
        """Give a place as the system names it."""
        return relative(place, self.environ.get(self.workspace, ""))


def inert(text: str) -> str:
    """Make text of others into no command of any system: a space breaks what begins one."""
    return re.sub(_COMMAND, lambda found: "# #" if found[1] is None else f"{found[1]}: ", text)


def relative(place: Place, workspace: str) -> Place:
    """Give the place as the system names it: relative to its workspace, where it is inside.

    Without a workspace it is relative to the working folder.
    """
    path = Path(place.file).absolute()
    try:
        file = path.relative_to(Path(workspace).absolute()).as_posix()
    except ValueError:
        file = place.file
    return Place(file, place.line, place.column)
