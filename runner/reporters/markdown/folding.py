"""A text that must not be too long: what matters least is told at less length first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """How long a text may be."""

    characters: int
    """Unicode code points."""
    bytes: int
    """Of its UTF-8."""

    def holds(self, size: Size) -> bool:
        """Say whether a text of that size is not too long."""
        return size.characters <= self.characters and size.bytes <= self.bytes


class Size(msgspec.Struct, frozen=True):
    """How long a text is."""

    characters: int
    """Unicode code points."""
    bytes: int
    """Of its UTF-8."""

    def __add__(self, other: Size) -> Size:
        """Put two texts together."""
        return Size(self.characters + other.characters, self.bytes + other.bytes)

    def __sub__(self, other: Size) -> Size:
        """Take a text away."""
        return Size(self.characters - other.characters, self.bytes - other.bytes)


class Form(msgspec.Struct, frozen=True):
    """A section, told at some length."""

    text: str
    """Markdown; empty to leave it out."""
    weight: int = 0
    """How much is lost with the step to the next form: the least is given up first."""


class Section(msgspec.Struct, frozen=True):
    """A part of a text, which can be told at several lengths."""

    forms: tuple[Form, ...]
    """From the whole to the shortest, with rising weights; that of the last counts for nothing."""


SHORTENED: Final = "_Shortened to fit; the evidence has everything._"
"""Ends a text of which something was given up."""


def fold(sections: Sequence[Section], limit: Limit) -> str:
    """Join sections, each as long as the limit allows; the later of equal weight is cut first.

    Where even the shortest forms together are too long, they are what is given.
    """
    chosen = [0] * len(sections)
    size = sum((_size(one.forms[0].text) for one in sections), Size(0, 0))
    if not limit.holds(size):
        size += _size(SHORTENED)
        for _, index in sorted(_steps(sections)):
            if limit.holds(size):
                break
            forms, now = sections[-index].forms, chosen[-index]
            size += _size(forms[now + 1].text) - _size(forms[now].text)
            chosen[-index] += 1
    told = [one.forms[form].text for one, form in zip(sections, chosen, strict=True)]
    ending = [SHORTENED] if any(chosen) else []
    return "".join(f"{text}\n\n" for text in (*told, *ending) if text)


def _steps(sections: Sequence[Section]) -> list[tuple[int, int]]:
    """Give every step to a shorter form: its weight, and the section counted from the end."""
    return [
        (form.weight, len(sections) - index)
        for index, section in enumerate(sections)
        for form in section.forms[:-1]
    ]


def _size(text: str) -> Size:
    """Measure a section with the blank line behind it."""
    if not text:
        return Size(0, 0)
    return Size(len(text) + 2, len(text.encode()) + 2)
