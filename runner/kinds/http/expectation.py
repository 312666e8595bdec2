"""What is expected of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from runner.kinds.http.hiding import HIDDEN, is_sensitive
from runner.kinds.http.messages import Answer
from runner.kinds.jsonpaths import JsonExpectation
from runner.kinds.literals import JsonValue
from runner.kinds.matching import PLAIN_TEXT, TextExpectation, held_json
from runner.kinds.verdicts import NOTHING, Redact
from runner.model import Assertion
from runner.playbook.shapes import Either, Field, Integer, ListOf, MapOf, Record, Text


@dataclass(frozen=True)
class HttpExpectation:
    """What stands under ``expect``."""

    status: tuple[int, ...] = ()
    """Status codes that are right; any from 200 to 299 where none is stated."""
    headers: Mapping[str, TextExpectation] = field(default_factory=dict)
    """Header to what is expected of its value; case does not matter in the name."""
    body: TextExpectation | None = None
    """What is expected of the body."""
    json: Mapping[str, JsonValue] = field(default_factory=dict)
    """JSON path to the one value that it selects in the body."""

    def hold(self, answer: Answer, redact: Redact) -> tuple[Assertion, ...]:
        """Hold every expectation against an answer."""
        return (
            Assertion("status", self.wanted(), str(answer.status), self._fits(answer.status)),
            *self._headers(answer, redact),
            *(self.body.hold("body", answer.text, redact) if self.body else ()),
            *(held_json("", answer.text, self.json, redact) if self.json else ()),
        )

    def wanted(self) -> str:
        """Say which status codes are right."""
        return " or ".join(map(str, self.status)) or "200 to 299"

    def _fits(self, status: int) -> bool:
        return status in (self.status or range(200, 300))

    def _headers(self, answer: Answer, redact: Redact) -> Iterator[Assertion]:
        for name, expected in self.headers.items():
            value = answer.header(name)
            for assertion in expected.hold(f"header {name}", value or "", redact):
                if value is None:
                    yield replace(assertion, actual=NOTHING, holds=False)
                elif is_sensitive(name):
                    yield replace(assertion, actual=HIDDEN)
                else:
                    yield assertion


def _expectation(
    status: int | tuple[int, ...] = (),
    headers: Mapping[str, TextExpectation] | None = None,
    body: TextExpectation | None = None,
    json: Mapping[str, JsonValue] | None = None,
) -> HttpExpectation:
    codes = (status,) if isinstance(status, int) else status
    return HttpExpectation(codes, headers or {}, body, json or {})


HEADER_NAME = Text(
    pattern=r"[!#$%&'*+.^_`|~0-9A-Za-z-]+",
    expected="the name of a header",
)
"""A token of RFC 9110, 5.6.2."""

_STATUS = Integer(100, 599)

EXPECTATION = Record(
    _expectation,
    (
        Field(
            "status",
            Either(
                {"int": _STATUS, "seq": ListOf(_STATUS, least=1)},
                "a status code, or a list of such",
            ),
            "the status code, or several that are right (default: 200 to 299)",
        ),
        Field(
            "headers",
            MapOf(PLAIN_TEXT, HEADER_NAME, least=1),
            "header to what is expected of its value",
        ),
        Field("body", PLAIN_TEXT, "what is expected of the body"),
        Field("json", JsonExpectation(), "JSON path (RFC 9535) to the one value there"),
    ),
    least=1,
)
"""The shape of ``expect``."""
