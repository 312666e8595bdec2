"""Expectations on a text: what it contains, matches, equals, and says as JSON.

Regular expressions are Python's (``re.search`` with ``re.MULTILINE``), compiled when the playbook
is read. The texts are bounded, but the patterns are the playbook author's: nothing stops one that
backtracks without end.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping

import msgspec

from runner.kinds.jsonpaths import JsonExpectation, find
from runner.kinds.literals import JsonValue, parse_json, same_json, show_json
from runner.kinds.verdicts import NOTHING, Redact
from runner.kinds.wording import printable, quoted
from runner.model import Assertion
from runner.playbook.shapes import Convert, Either, Field, ListOf, Record, Text


def pattern(text: str) -> re.Pattern[str]:
    """Compile a regular expression; raise ValueError with what was expected."""
    if "${{" in text:
        raise ValueError("a regular expression without look-ups")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(text, re.MULTILINE)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"a regular expression ({error})") from error


class TextExpectation(msgspec.Struct, frozen=True):
    """What is expected of a text; everything stated must hold."""

    contains: tuple[str, ...] = ()
    """Texts that are all found in it."""
    matches: tuple[re.Pattern[str], ...] = ()
    """Regular expressions that are all found in it."""
    equals: str | None = None
    """The whole of it, white space around either left aside."""
    json: Mapping[str, JsonValue] = msgspec.field(default_factory=dict)
    """JSON path to the one value that it selects."""

    def hold(self, what: str, text: str, redact: Redact) -> tuple[Assertion, ...]:
        """Hold every expectation against the text, which ``what`` names."""
        return (
            *self._parts(what, text, redact),
            *(held_json(f"{what} ", text, self.json, redact) if self.json else ()),
        )

    def _parts(self, what: str, text: str, redact: Redact) -> Iterator[Assertion]:
        if not (self.contains or self.matches or self.equals is not None):
            return
        actual = quoted(redact(text))
        for part in self.contains:
            yield Assertion(what, f"contains {quoted(redact(part))}", actual, part in text)
        for regex in self.matches:
            expected = f"matches /{printable(redact(regex.pattern))}/"
            yield Assertion(what, expected, actual, regex.search(text) is not None)
        if self.equals is not None:
            holds = text.strip() == self.equals.strip()
            yield Assertion(what, f"equals {quoted(redact(self.equals))}", actual, holds)


def held_json(
    prefix: str, text: str, expected: Mapping[str, JsonValue], redact: Redact
) -> tuple[Assertion, ...]:
    """Hold JSON values against a text; the assertions are named by prefix and path."""
    try:
        document = parse_json(text)
    except ValueError as error:
        found = f"not JSON ({error}): {quoted(redact(text))}" if text.strip() else NOTHING
        return tuple(
            Assertion(prefix + path, show_json(value, redact), found, holds=False)
            for path, value in expected.items()
        )
    return tuple(
        _held_value(prefix + path, path, value, document, redact)
        for path, value in expected.items()
    )


def _held_value(
    what: str, path: str, expected: JsonValue, document: JsonValue, redact: Redact
) -> Assertion:
    wanted = show_json(expected, redact)
    try:
        found = find(path, document)
    except ValueError as error:
        return Assertion(what, wanted, str(error), holds=False)
    if len(found) != 1:
        actual = f"{len(found)} values, where one was expected" if found else NOTHING
        return Assertion(what, wanted, actual, holds=False)
    return Assertion(what, wanted, show_json(found[0], redact), same_json(expected, found[0]))


def _one(value: str) -> tuple[str, ...]:
    return (value,)


def _one_pattern(value: str) -> tuple[re.Pattern[str], ...]:
    return (pattern(value),)


PATTERN = Convert(Text(), pattern)
"""The shape of a regular expression."""

CONTAINS = Field(
    "contains",
    Either(
        {"str": Convert(Text(), _one), "seq": ListOf(Text(), least=1)},
        "a text that is not empty, or a list of such",
    ),
    "a text, or several, found in it",
)
"""``contains``: a text or a list of texts."""

MATCHES = Field(
    "matches",
    Either(
        {"str": Convert(Text(), _one_pattern), "seq": ListOf(PATTERN, least=1)},
        "a regular expression, or a list of such",
    ),
    "a regular expression, or several, found in it (Python's, multi-line)",
)
"""``matches``: a regular expression or a list of such."""

EQUALS = Field("equals", Text(empty=True), "all of it, white space around it left aside")
"""``equals``: a text, which may be empty."""

JSON_VALUES = Field("json", JsonExpectation(), "JSON path (RFC 9535) to the one value there")
"""``json``: a mapping from JSON path to value."""

PLAIN_TEXT = Record(TextExpectation, (CONTAINS, MATCHES, EQUALS), least=1)
"""The shape of an expectation on a text that is not meant as JSON."""

ANY_TEXT = Record(TextExpectation, (CONTAINS, MATCHES, EQUALS, JSON_VALUES), least=1)
"""The shape of an expectation on any text."""
