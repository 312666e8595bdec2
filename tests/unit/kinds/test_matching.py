"""Expectations on texts and JSON: what holds, what does not, and what is refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.kinds.fakes import node

from runner.kinds.jsonpaths import find
from runner.kinds.literals import JSON, JsonValue, parse_json, same_json, show_json
from runner.kinds.matching import ANY_TEXT, PLAIN_TEXT, TextExpectation
from runner.kinds.verdicts import judge, why
from runner.model import Outcome
from runner.playbook.problems import PlaybookInvalid


def plain(text: str) -> str:
    return text


def expectation(text: str) -> TextExpectation:
    return ANY_TEXT.read(node(text), "expect")


def holds(text: str, actual: str) -> bool:
    return all(one.holds for one in expectation(text).hold("stdout", actual, plain))


@pytest.mark.parametrize(
    ("expected", "actual", "wanted"),
    [
        ("{contains: OK}", "all OK here", True),
        ("{contains: [a, b]}", "a", False),
        ("{contains: [a, b]}", "b a", True),
        ("{matches: '^b$'}", "a\nb\nc", True),
        ("{matches: [a, z]}", "a", False),
        ("{equals: a b}", " a b\n", True),
        ("{equals: ''}", "\n", True),
        ("{equals: ''}", "x", False),
        ("{json: {$.a: 1}}", '{"a": 1.0}', True),
        ("{json: {$.a: 1}}", '{"a": true}', False),
        ("{json: {$.a: true}}", '{"a": true}', True),
        ("{json: {$.a: null}}", '{"a": null}', True),
        ("{json: {$.a: null}}", "{}", False),
        ("{json: {$: {a: [1, {b: x}]}}}", '{"a": [1, {"b": "x"}]}', True),
        ("{json: {$: {a: [1, {b: x}]}}}", '{"a": [1, {"b": "x"}, 2]}', False),
        ("{json: {$: {a: 1}}}", "[1]", False),
        ("{json: {$: [a]}}", '"a"', False),
        ("{json: {'$.a[*]': 1}}", '{"a": [1, 1]}', False),
        ("{json: {'$.a[?@.n==\"x\"].v': 2}}", '{"a": [{"n": "x", "v": 2}]}', True),
        ("{json: {$.a: 1}, contains: b}", '\ufeff{"a": 1}', False),
    ],
)
def test_what_holds(expected: str, actual: str, *, wanted: bool) -> None:
    assert holds(expected, actual) is wanted


@pytest.mark.parametrize(
    "empty",
    [
        "{}",
        "{contains: []}",
        "{contains: ''}",
        "{contains: ['']}",
        "{matches: []}",
        "{matches: ''}",
        "{json: {}}",
        "{equals: null}",
    ],
)
def test_empty_expectations_are_refused(empty: str) -> None:
    with pytest.raises(PlaybookInvalid):
        expectation(empty)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{matches: '('}", "a regular expression (missing )"),
        ("{matches: '[[a]'}", "FutureWarning|nested set"),
        ("{matches: 'a${{ steps.a.outputs.b }}'}", "a regular expression without look-ups"),
        ("{json: {a.b: 1}}", "a JSON path such as $.status"),
        ("{json: {'$.a[': 1, '$.b[': 2}}", "a JSON path of RFC 9535 (unexpected end of query)"),
        ("{json: {'$.a || $.b': 1}}", "a JSON path of RFC 9535"),
        ("{json: {$.a: 2026-01-01}}", 'quote it: "2026-01-01"'),
        ("{json: {$.a: 0o17}}", ""),
        ("{json: {$.a: 017}}", 'quote it: "017"'),
        ("{json: {$.a: .inf}}", 'quote it: ".inf"'),
        ("{json: {$.a: yes}}", "true or false"),
        ("{json: {$.a: 1.0e+999}}", "a finite number"),
        ("{json: {$.a: " + "9" * 5000 + "}}", "a number that is not so long"),
        ("{json: {$.a: {1: 2}}}", "quote it"),
    ],
)
def test_wrong_expectations_are_refused_when_read(wrong: str, message: str) -> None:
    if "0o17" in wrong:
        assert expectation(wrong).json == {"$.a": "0o17"}
        return
    with pytest.raises(PlaybookInvalid) as caught:
        expectation(wrong)
    assert any(part in str(caught.value) for part in message.split("|"))


def test_every_wrong_path_is_reported() -> None:
    with pytest.raises(PlaybookInvalid) as caught:
        expectation("{json: {'$.a[': 1, '$.b[': 2}}")
    assert len(caught.value.problems) == 2


def test_the_schema_knows_the_same_keys() -> None:
    assert set(ANY_TEXT.schema()["properties"]) == {"contains", "matches", "equals", "json"}
    assert set(PLAIN_TEXT.schema()["properties"]) == {"contains", "matches", "equals"}
    assert JSON.schema() == {}


def test_reasons_read_well() -> None:
    assertions = expectation("{contains: OK, json: {$.a: up}}").hold("body", '{"a": "down"}', plain)
    verdict = judge(assertions)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "body: '{\"a\": \"down\"}', expected to contain 'OK' (and 1 more)"
    assert why(assertions[1]) == 'body $.a: "down", expected "up"'


def test_nothing_there_and_not_json_are_told() -> None:
    told = expectation("{json: {$.a: 1}}")
    assert told.hold("stdout", "{}", plain)[0].actual == "nothing there"
    assert told.hold("stdout", " \n", plain)[0].actual == "nothing there"
    assert told.hold("stdout", "oops", plain)[0].actual.startswith("not JSON (")
    assert told.hold("stdout", "NaN", plain)[0].actual.startswith("not JSON (NaN is not JSON)")
    many = expectation("{json: {'$[*]': 1}}").hold("stdout", "[1, 1]", plain)
    assert many[0].actual == "2 values, where one was expected"


def test_bottomless_json_is_no_crash() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 200_000)
    deep = json.loads('{"a":' * 400 + "1" + "}" * 400)
    found = expectation("{json: {$..b: 1}}").hold("stdout", json.dumps(deep), plain)
    assert not found[0].holds
    with pytest.raises(ValueError, match="cannot be looked up"):
        find("$..b", deep)
    assert show_json(deep, plain).count("a") == 8


def test_secrets_are_hidden_in_expected_and_actual() -> None:
    def redact(text: str) -> str:
        return text.replace("hunter22", "[redacted]")

    for text in ("{contains: hunter22}", "{matches: hunter22}", "{equals: hunter22}"):
        for one in expectation(text).hold("stdout", "hunter22 x", redact):
            assert "hunter22" not in repr(one)
    for one in expectation("{json: {$.k: [hunter22]}}").hold(
        "stdout", '{"k": {"hunter22": ["hunter22"]}}', redact
    ):
        assert "hunter22" not in repr(one)
    long = "x" * 139 + "hunter22" + "y" * 900
    shown = expectation("{contains: z}").hold("stdout", long, redact)[0].actual
    assert "hunt" not in shown


def test_actual_texts_are_short_and_printable() -> None:
    shown = expectation("{contains: z}").hold("stdout", "\x1b[31m" + "é\n" * 5000, plain)[0].actual
    assert len(shown) < 500
    assert shown.isprintable()
    assert shown.endswith("(10005 characters)")


TEXTS = st.text(st.sampled_from("aé€\U0001f600 \n\t\"\\:#{}[]-'"), max_size=5)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_a_json_document_written_in_yaml_equals_itself(value: JsonValue) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert same_json(JSON.read(node(text), "x"), parse_json(text))


@given(JSON_VALUES, JSON_VALUES)
def test_json_equality_is_that_of_the_documents(one: JsonValue, other: JsonValue) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert same_json(one, other) is same


@given(st.text())
def test_any_output_gives_assertions_that_print(text: str) -> None:
    told = TextExpectation(("a",), (re.compile("b"),), "c", {"$.d": 1})
    for one in told.hold("stdout", text, plain):
        assert one.actual.isprintable()
