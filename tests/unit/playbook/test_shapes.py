from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from runner.playbook.problems import PlaybookInvalid
from runner.playbook.shapes import (
    Boolean,
    Choice,
    Convert,
    Either,
    Field,
    Integer,
    ListOf,
    MapOf,
    Number,
    OneKeyOf,
    Raw,
    Record,
    Scalar,
    Shape,
    ShellText,
    Text,
)

PAIR = Record(
    dict[str, Any], (Field("a", Text(), required=True), Field("b-c", Integer(), "a number"))
)
SHAPES: dict[str, Shape[Any]] = {
    "text": Text(r"[a-z]+", "small letters"),
    "any text": Text(empty=True),
    "scalar": Scalar(),
    "integer": Integer(0, 9),
    "number": Number(0, 2),
    "boolean": Boolean(),
    "choice": Choice(("one", "two")),
    "list": ListOf(Integer(), least=1),
    "map": MapOf(Integer(), Text(r"[a-z]"), least=1),
    "free map": MapOf(Integer()),
    "record": PAIR,
    "filled record": Record(dict[str, Any], (Field("a", Text()),), least=1),
    "one of": OneKeyOf(
        Record(dict[str, Any], (Field("a", Text()), Field("b", Text()))), ("a", "b")
    ),
    "at most one": OneKeyOf(PAIR, ("a", "b-c"), exactly=False),
    "either": Either[Any]({"str": Text(), "seq": ListOf(Text())}, "text or a list"),
    "the same twice": Either[Any]({"int": Number(), "float": Number()}, "a number"),
    "convert": Convert[re.Pattern[str]](Text(), re.compile),
    "shell": ShellText(),
}
ACCEPTED: list[tuple[str, str, Any]] = [
    ("text", "abc", "abc"),
    ("any text", "''", ""),
    ("scalar", "1.50", "1.50"),
    ("scalar", "true", "true"),
    ("integer", "9", 9),
    ("number", "1.5", 1.5),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("choice", "two", "two"),
    ("list", "[1, 2]", (1, 2)),
    ("map", "{a: 1}", {"a": 1}),
    ("record", "{a: x, b-c: 5}", {"a": "x", "b_c": 5}),
    ("record", "{a: x}", {"a": "x"}),
    ("one of", "{a: x}", {"a": "x"}),
    ("at most one", "{a: x}", {"a": "x"}),
    ("either", "[a]", ("a",)),
    ("the same twice", "1.5", 1.5),
    ("shell", "echo $X", "echo $X"),
]
REFUSED = [
    ("text", "ABC", "expected small letters, found 'ABC'"),
    ("text", "''", "expected small letters, found an empty text"),
    ("text", "5", "expected small letters, found '5' (quote it: \"5\")"),
    ("text", "[]", "expected small letters, found an empty list"),
    ("any text", "2024-01-01", "found '2024-01-01'"),
    ("scalar", "~", "expected text or a number, found '~' (quote it: \"~\")"),
    ("integer", "10", "a whole number from 0 to 9"),
    ("integer", "'5'", "a whole number"),
    ("number", "3", "a number from 0 to 2"),
    ("number", "x", "a number"),
    ("boolean", "'true'", "true or false"),
    ("choice", "tow", "did you mean 'two'?"),
    ("choice", "5", "one of one, two, found '5'"),
    ("list", "[]", "a list of at least 1, found an empty list"),
    ("list", "[x, y]", "[0]: expected a whole number"),
    ("list", "{a: 1}", "a list, found a mapping"),
    ("map", "{}", "a mapping of at least 1, found an empty mapping"),
    ("map", "{A: 1}", "expected text, found 'A'"),
    ("map", "{a: x}", "a: expected a whole number"),
    ("map", "5", "a mapping"),
    ("record", "{b-c: 5}", "key.a: missing key"),
    ("record", "{a: x, b: 5}", "unknown key (known: a, b-c)"),
    ("record", "[]", "a mapping"),
    ("filled record", "{}", "at least one of a, found an empty mapping"),
    ("one of", "{}", "needs one of a, b"),
    ("one of", "{a: x, b: x}", "b: cannot stand beside 'a'"),
    ("one of", "x", "a mapping"),
    ("at most one", "{b-c: x, a: x}", "a: cannot stand beside 'b-c'"),
    ("either", "5", "text or a list"),
    ("convert", "5", "text"),
    ("shell", "a ${{ b.c }}", 'use "$B_C"'),
    ("shell", "a ${{ b", "use the environment variable"),
]


def node_of(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    return node


def accepts(shape: Shape[Any], text: str) -> bool:
    return bool(Draft202012Validator(shape.schema()).is_valid(yaml.safe_load(text)))


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_accepted_as_the_schema_says(name: str, text: str, value: object) -> None:
    assert SHAPES[name].read(node_of(text), "key") == value
    assert accepts(SHAPES[name], text)


@pytest.mark.parametrize(("name", "text", "message"), REFUSED)
def test_refused_as_the_schema_says(name: str, text: str, message: str) -> None:
    with pytest.raises(PlaybookInvalid) as caught:
        SHAPES[name].read(node_of(text), "key")
    assert message in str(caught.value)
    assert not accepts(SHAPES[name], text)


@pytest.mark.parametrize("text", ["010", "yes", "True", "1.e+3", "0x1F", "1:30", "1_000", ".inf"])
def test_what_readers_of_yaml_make_different_things_of(text: str) -> None:
    """The schema cannot know, as it is asked of what was made."""
    wanted = f"expected text, or a number written plainly, found '{text}' (quote it: \"{text}\")"
    with pytest.raises(PlaybookInvalid, match=re.escape(wanted)):
        SHAPES["scalar"].read(node_of(text), "key")
    assert accepts(SHAPES["scalar"], text)


def test_what_a_conversion_refuses() -> None:
    def refuse(text: str) -> str:
        raise ValueError(f"anything but {text}")

    with pytest.raises(PlaybookInvalid, match="expected anything but x, found 'x'"):
        Convert(Text(), refuse).read(node_of("x"), "key")


def test_a_number_beyond_what_python_reads() -> None:
    with pytest.raises(PlaybookInvalid, match="a whole number"):
        Integer().read(node_of("9" * 5000), "key")


def test_raw_keeps_the_node() -> None:
    node = node_of("[1]")
    assert Raw().read(node, "") is node
    assert Raw({"type": "array"}).schema() == {"type": "array"}


def test_all_problems_come_together() -> None:
    with pytest.raises(PlaybookInvalid) as caught:
        PAIR.read(node_of("{b-c: x, d: 1, e: 2}"), "")
    assert len(caught.value.problems) == 4


def test_descriptions_are_in_the_schema() -> None:
    assert PAIR.schema()["properties"]["b-c"]["description"] == "a number"
