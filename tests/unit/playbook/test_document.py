from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.playbook.document import SIZE_LIMIT, parse, read_document
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
        (b"a: !!seq {}\nb: !!map []\nc: !!str [1]\n", "unknown tag !!seq"),
        (b"[" * 100_000, "nested deeper than 50 levels"),
        (b"- " * 100_000, "nested deeper than 50 levels"),
        (b"? " * 100_000, "nested deeper than 50 levels"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refusal(tmp_path / "x", content)


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
