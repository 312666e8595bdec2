"""Values that a command hands to later steps, taken from its standard output."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import msgspec

from runner.kinds.jsonpaths import JSON_PATH, find
from runner.kinds.literals import parse_json
from runner.kinds.matching import pattern
from runner.kinds.verdicts import NOTHING, PASSED, Redact, Verdict, errored, judge
from runner.kinds.wording import quoted
from runner.model import Assertion
from runner.playbook.shapes import Convert, Either, Field, MapOf, OneKeyOf, Record, Text


class Output(msgspec.Struct, frozen=True):
    """Where an output's value stands in stdout; all of it, stripped, where neither is given."""

    json: str = ""
    """A JSON path that selects one value; other values than texts are written as JSON."""
    matches: re.Pattern[str] | None = None
    """A regular expression; the value is what its one group matched."""

    def take(self, stdout: str) -> str:
        """Give the value; raise LookupError with what was found instead."""
        if self.matches is not None:
            found = self.matches.search(stdout)
            if found is None or found.group(1) is None:
                raise LookupError(NOTHING)
            return found.group(1)
        return self._at_path(stdout) if self.json else stdout.strip()

    def _at_path(self, stdout: str) -> str:
        try:
            values = find(self.json, parse_json(stdout))
        except ValueError as error:
            raise LookupError(f"not JSON ({error})") from error
        if len(values) != 1:
            raise LookupError(f"{len(values)} values" if values else NOTHING)
        value = values[0]
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def describe(self) -> str:
        """Say where the value is looked for."""
        if self.matches is not None:
            return f"a match of /{self.matches.pattern}/"
        return f"one value at {self.json}" if self.json else "stdout"


def collect(
    outputs: Mapping[str, Output], stdout: str, redact: Redact
) -> tuple[dict[str, str], Verdict]:
    """Take every output; the verdict says which one could not be taken, and why."""
    values: dict[str, str] = {}
    missing: list[Assertion] = []
    for name, output in outputs.items():
        try:
            values[name] = output.take(stdout)
        except LookupError as error:
            found = f"{error}: {quoted(redact(stdout))}"
            expected = redact(output.describe())
            missing.append(Assertion(f"output {name}", expected, found, holds=False))
    if missing:
        return {}, judge(missing)
    for name, value in values.items():
        if redact(value) != value:
            hint = (
                "outputs are kept as evidence; name the secret in the 'secrets' of the later step"
            )
            return {}, errored(f"output {name} holds a secret", hint)
    return values, PASSED


def _whole(_word: str) -> Output:
    return Output()


def _one_group(text: str) -> re.Pattern[str]:
    regex = pattern(text)
    if regex.groups != 1:
        raise ValueError(f"a regular expression with one group, not {regex.groups}")
    return regex


_WHOLE = Convert(Text(pattern="stdout", expected="'stdout'"), _whole)
_PART = OneKeyOf(
    Record(
        Output,
        (
            Field("json", JSON_PATH, "JSON path (RFC 9535) to the value"),
            Field("matches", Convert(Text(), _one_group), "regular expression with one group"),
        ),
    ),
    ("json", "matches"),
)
_NAME = Text(pattern="[A-Za-z_][A-Za-z0-9_-]*", expected="a name of letters, digits, _ and -")

_OUTPUT: Either[Output] = Either(
    {"str": _WHOLE, "map": _PART}, "stdout, or a mapping with json or matches"
)

OUTPUTS = MapOf(_OUTPUT, _NAME, least=1)
"""The shape of ``outputs``."""
