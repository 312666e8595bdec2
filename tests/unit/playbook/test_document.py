from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.playbook.document import SIZE_LIMIT, parse, read_document
from runner.playbook.nodes import canonical
from runner.playbook.problems import PlaybookInvalid


def refusal(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(PlaybookInvalid) as caught:
        read_document(file, "p.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: \xff\n", "p.yaml:2:4: file: not UTF-8 (save it as UTF-8)"),
        (b"a: 1\n\xc3\xa9: \0\n", "p.yaml:2:4: file: a NUL character"),
        (b"", "p.yaml:1:1: file: the file is empty"),
        (b"a: \x01\n", "p.yaml:1:4: file: not valid YAML: control characters are not allowed"),
        (b"a: *b\n", "undefined alias"),
        (b"a: &b 1\nc: &b 2\nd: [", "not valid YAML"),
        (b"5", "expected a mapping at the top"),
        (b"[" * 100_000, "nested deeper than 50 levels"),
        (b"- " * 100_000, "nested deeper than 50 levels"),
        (b"? " * 100_000, "nested deeper than 50 levels"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refusal(tmp_path / "x", content)


def test_what_can_be_mended_is_read_on(tmp_path: Path) -> None:
    text = (
        "a: !!seq {b: !x 5, b: 6}\nc: !!str [!y '7']\n8: {<<: [{d: 9, e: 1}], e: 2}\n? [f]\n: 1\n"
        '"g\\0": "h\\0"\n'
    )
    (tmp_path / "x").write_text(text)
    document = read_document(tmp_path / "x", "x")
    assert canonical(document.root) == {
        "a": {"b": "int:5"},
        "c": ["str:7"],
        "8": {"e": "int:2", "d": "int:9"},
        "g": "str:h",
    }
    told = [(one.line, one.key, one.message.partition(",")[0]) for one in document.problems]
    assert told == [
        (1, "a", "unknown tag !!seq"),
        (1, "a.b", "unknown tag !x"),
        (1, "a.b", "the key is there twice"),
        (2, "c", "unknown tag !!str"),
        (2, "c[0]", "unknown tag !y"),
        (3, "8", "a key must be text"),
        (3, "8.<<", "merge keys are not supported"),
        (4, "?", "a key must be text"),
        (6, "g\0", "a key must be text"),
        (6, "g\0", "a NUL character"),
    ]


def test_size(tmp_path: Path) -> None:
    fits = b"a: 1\n#".ljust(SIZE_LIMIT, b"x")
    (tmp_path / "x").write_bytes(fits)
    read_document(tmp_path / "x", "x")
    assert "larger than 1 MiB" in refusal(tmp_path / "x", fits + b"x")


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, message in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "is not a file"),
        (tmp_path / "fifo", "is not a file"),
        (Path("a\0b"), "is not a"),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            read_document(path, "x")
        assert "-p" in caught.value.hint


def test_harmless_oddities(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfa: [=, <<, \xc3\xa9, 'it''s', &a [], *a, *a]\n")
    root = read_document(tmp_path / "x", "x").root
    assert [item.tag[-3:] for item in root.value[0][1].value] == ["str"] * 4 + ["seq"] * 3


def test_a_surrogate() -> None:
    with pytest.raises(PlaybookInvalid):
        parse(rb'a: "\uD800"', "x")


def test_repeated_aliases_are_measured_once() -> None:
    text = "a: &a [1]\n" + "".join(f"b{n}: *a\n" for n in range(1000))
    assert parse(text.encode(), "x") is not None
