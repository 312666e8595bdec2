"""TeamCity: blocks, build problems, parameters and the JUnit report by service messages.

Source: "Service messages" of its documentation, with its table of escapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runner.reporters.ci.base import Note, Product, Section, Silent
from runner.reporters.text import clean, one_line

_ESCAPES: Final = str.maketrans(
    {"|": "||", "'": "|'", "[": "|[", "]": "|]", "\n": "|n", "\r": "|r"}
)
_DESCRIPTION: Final = 4000
"""Characters of a build problem's description; more are cut."""


class TeamCity(Silent):
    """Speaks ``##teamcity[…]``; paths are told relative to the working folder."""

    name: str = "teamcity"
    """As people know it."""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a block."""
        yield _message("blockOpened", name=section.title)

    def close_section(self, section: Section) -> Iterator[str]:
        """End it."""
        yield _message("blockClosed", name=section.title)

    def note(self, notes: tuple[Note, ...]) -> Iterator[str]:
        """Make a build problem of each error, and a line of the log of each warning."""
        for note in notes:
            where = f"{self.located(note.place)}: " if note.place else ""
            text = clean(f"{where}{note.title}: {note.message}")[:_DESCRIPTION]
            if note.level == "error":
                yield _message("buildProblem", description=text)
            else:
                yield _message("message", text=one_line(text), status="WARNING")

    def hand_over(self, product: Product) -> Iterator[str]:
        """Set parameters, and have the tests imported."""
        for name, value in product.values.items():
            yield _message("setParameter", name=f"upgrade_runner.{name}", value=value)
        if product.junit:
            yield _message("importData", type="junit", path=str(product.junit.absolute()))


TEAMCITY = TeamCity
"""The system."""


def _message(kind: str, **attributes: str) -> str:
    told = " ".join(f"{name}='{_value(text)}'" for name, text in attributes.items())
    return f"##teamcity[{kind} {told}]"


def _value(text: str) -> str:
    escaped = text.translate(_ESCAPES)
    return "".join(one if one.isascii() else _unicode(one) for one in escaped)


def _unicode(character: str) -> str:
    units = character.encode("utf-16-be", "replace")
    return "".join(f"|0x{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
