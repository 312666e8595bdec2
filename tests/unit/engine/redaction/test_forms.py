"""A known value is found however it is written."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.streams import streamed

from runner.engine.redaction import Redactor
from runner.engine.redaction.forms import cores_of, forms
from runner.reporters.text import clean

VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=40)
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda value: json.dumps({"a": value}),
    "json, not only ASCII": lambda value: json.dumps([value], ensure_ascii=False),
    "json in json": lambda value: json.dumps(json.dumps(value)),
    "shell": lambda value: f"X={shlex.quote(value)}",
    "percent": lambda value: "https://host/?q=" + urllib.parse.quote(value, safe=""),
    "percent, in a path": urllib.parse.quote,
    "percent, lower case": lambda value: _lower(urllib.parse.quote(value, safe="")),
    "form": lambda value: urllib.parse.urlencode({"a": value}),
    "html": html.escape,
    "html, text": lambda value: html.escape(value, quote=False),
    "repr": repr,
    "ascii": ascii,
    "hex": lambda value: value.encode().hex(),
    "hex, upper case": lambda value: value.encode().hex().upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of a sentence": lambda value: base64.b64encode(f"x{value}".encode()).decode(),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "xml": lambda value: quoteattr(f"'{value}"),
    "repr of json": lambda value: repr(json.dumps([value, "'"])),
    "json in json in json": lambda value: json.dumps(json.dumps(json.dumps([value]))),
    "shell in json": lambda value: json.dumps(f"X={shlex.quote(value)}"),
    "json in a shell": lambda value: shlex.quote(json.dumps([value])),
    "json in html": lambda value: html.escape(json.dumps([value])),
    "a name of pytest's": lambda value: json.dumps([value]).encode("unicode_escape").decode(),
    "percent, twice": lambda value: urllib.parse.quote(urllib.parse.quote(value, safe="")),
    "an address in base64": lambda value: _base64(
        f"postgresql://user:{urllib.parse.quote(value, safe='')}@host/db"
    ),
    "json in base64": lambda value: _base64(json.dumps({"auth": value})),
    "percent, every byte": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "percent, every byte, lower case": lambda value: _lower(
        ENCODINGS["percent, every byte"](value)
    ),
    "json, every character": lambda value: "".join(f"\\u{ord(one):04x}" for one in value),
    "json, every character, upper case": lambda value: "".join(f"\\u{ord(n):04X}" for n in value),
    "json, every character, in json": lambda value: json.dumps(
        "".join(f"\\u{ord(one):04x}" for one in value)
    ),
    "coloured": lambda value: _split(value, "\x1b[1m", "\x1b[38;5;3m", "\x9b0m"),
    "a link in a terminal": lambda value: _split(value, "\x1b]8;;http://x\x1b\\", "\x1b]8;;\x07"),
    "control": lambda value: _split(value, "\0", "\b", "\x7f", "\x90"),
    "directions and zero widths": lambda value: _split(value, "\u202e", "\u200b", "\ufeff"),
    "coloured json": lambda value: _split(json.dumps([value]), "\x1b[0m"),
}


def _split(text: str, *marks: str) -> str:
    """Put one of the marks behind every third character but those of an escape."""
    parts = re.findall(r"(?:\\u.{4}|\\?.){1,3}", text, re.DOTALL)
    return "".join(part + marks[at % len(marks)] for at, part in enumerate(parts))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _lower(code: str) -> str:
    parts = code.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


@settings(max_examples=300)
@given(
    name=st.sampled_from(list(ENCODINGS)),
    value=VALUE,
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
)
@example(name="repr of json", value="uthorization", sizes=[1])
def test_a_value_is_found_in_every_encoding_and_chunking(
    name: str, value: str, sizes: list[int]
) -> None:
    redactor = Redactor({"KEY": value})
    if redactor.warnings or Redactor({"KEY": clean(value)}).warnings:
        return  # too common: another test
    shown = ENCODINGS[name](value)
    found = redactor.text(f"- {shown} -")
    assert "[redacted KEY]" in found
    assert shown not in found
    assert value not in clean(found)
    assert streamed(redactor, f"- {shown} -".encode(), sizes) == found.encode()


@given(VALUE, st.binary(max_size=20), st.binary(max_size=20))
def test_nothing_of_it_is_left_in_base64_of_more(value: str, before: bytes, after: bytes) -> None:
    """Those groups of four characters that hold nothing else than the value."""
    redactor = Redactor({"KEY": value})
    if redactor.warnings:
        return
    code = base64.b64encode(before + value.encode() + after)
    first = -(-len(before) // 3)
    last = (len(before) + len(value.encode())) // 3
    clean = redactor.data(code)
    assert b"[redacted KEY]" in clean
    assert code[first * 4 : last * 4] not in clean


def test_lines_of_a_value_are_secrets_too() -> None:
    key = "-----BEGIN THING-----\nfirst line of it\nsecond line of it\n-----END THING-----\n"
    redactor = Redactor({"KEY": key})
    shown = "  first line of it\n-----BEGIN THING-----\n"
    assert redactor.text(shown) == "  [redacted KEY]\n-----BEGIN THING-----\n"
    assert redactor.text(json.dumps(key)) == '"[redacted KEY]"'


def test_base64_in_lines() -> None:
    value = "a long value, longer than a line of base64 can be " * 3
    code = base64.encodebytes(value.encode()).decode()
    clean = Redactor({"KEY": value}).text(code)
    assert not set(code.split()) & set(clean.split())


@pytest.mark.parametrize("way", [str, json.dumps, _base64, urllib.parse.quote, repr])
def test_white_space_around_it_may_be_taken_away(way: Callable[[str], str]) -> None:
    value = " s3cr\\t 'x' \n"
    clean = Redactor({"KEY": value}).text(f"is {way(value.strip())}.")
    assert "[redacted KEY]" in clean
    assert way(value.strip()) not in clean


def test_the_core_is_in_every_form_but_in_codes() -> None:
    value = """v-123456'"= <é>&\\x"""
    (core,) = cores_of(value)
    without = {one for one in forms(value) if core not in one}
    every = {one for one in without if re.fullmatch(rb"(?:(?:%|\\+u)[0-9A-Fa-f]{2,4})+", one)}
    assert core == b"v-123456"
    assert all(re.fullmatch(rb"[A-Za-z0-9+/_=-]+", one) for one in without - every)
    assert len(every) == 5
    assert len(without) < len(forms(value)) / 4


def test_a_value_of_marks_alone_has_no_core() -> None:
    assert cores_of("a'b\"c<d>") == set()
    assert Redactor({"KEY": "a'b\"c<d>"}).text(json.dumps(["a'b\"c<d>"])) == '["[redacted KEY]"]'
