"""Requirement files: no entry is lost, and no include leads away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.advisories.repositories import door, message

from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.lines import Files, entries, read
from runner.advisories.subjects.trees import tree


def files(tmp_path: Path, **contents: str | bytes) -> Files:
    named = {f"{name}.txt": content for name, content in contents.items()}
    return read(tree(door(tmp_path, named)), "a.txt")


def texts(text: str) -> list[str]:
    return [line.text for line in entries(text, "a.txt")]


def test_an_entry_is_given_without_remark_and_options() -> None:
    text = """
# a remark
six==1.17.0 ; python_version >= "3" \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via flask
flask[async]==3.0  # the server
idna==3\t--config-settings=x
"""
    assert texts(text) == ['six==1.17.0 ; python_version >= "3"', "flask[async]==3.0", "idna==3"]


def test_an_entry_knows_its_place() -> None:
    found = list(entries("\n\nsix==\\\n1\nflask==2\n", "a.txt"))
    assert [one.place for one in found] == ["a.txt:3", "a.txt:5"]
    assert found[0].text == "six==1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_every_end_of_a_line_ends_it(end: str) -> None:
    assert texts(f"# remark{end}six==1{end}flask==2") == ["six==1", "flask==2"]


def test_a_remark_ends_what_goes_on() -> None:
    assert texts("six==1 \\\n# remark \\\nflask==2") == ["six==1", "flask==2"]
    assert texts("six==1 \\\n#egg") == ["six==1"]
    assert texts("six==1 \\") == ["six==1"]
    assert texts("six==1#egg") == ["six==1#egg"]


BLANK = st.text(" \t", max_size=2)
REMARK = st.text("abc=1#- ", max_size=5).map(lambda text: f"#{text}")
OPTIONS = st.sampled_from(["", " --hash=sha256:ab", " \\\n  --hash=sha256:ab", " \\\r\n--hash=x"])
END = st.sampled_from(["\n", "\r\n", "\n\n"])


@given(st.lists(st.tuples(BLANK, st.integers(0, 99), OPTIONS, BLANK, REMARK, END), max_size=8))
def test_no_entry_is_lost(rows: list[tuple[str, int, str, str, str, str]]) -> None:
    text = ""
    for before, number, options, after, remark, end in rows:
        text += f"{before}p{number}==1{options}{after} {remark}{end}{remark}{end}"
    assert texts(text) == [f"p{number}==1" for _, number, *_ in rows]


def test_includes_are_read_once_each(tmp_path: Path) -> None:
    found = files(
        tmp_path,
        a="-r b.txt\n-rc.txt\n--requirement=b.txt\nsix==1",
        b="-r a.txt\nidna==3",
        c="--requirement 'b.txt'\n",
    )
    assert [line.text for line in found.lines] == ["six==1", "idna==3"]
    assert set(found.contents) == {"a.txt", "b.txt", "c.txt"}


def test_includes_are_meant_from_the_file_that_names_them(tmp_path: Path) -> None:
    there = door(tmp_path, {"x/a.txt": "-r y/b.txt", "x/y/b.txt": "-c ../c.txt", "x/c.txt": "c"})
    found = read(tree(there), "x/a.txt")
    assert [(one.place, one.constraint) for one in found.lines] == [("x/c.txt:1", True)]


def test_a_file_may_be_requirement_and_constraint(tmp_path: Path) -> None:
    found = files(tmp_path, a="-c b.txt\n-r b.txt", b="six==1")
    assert [line.constraint for line in found.lines] == [True, False]


def test_options_that_install_nothing_are_passed_over(tmp_path: Path) -> None:
    text = "--index-url https://u:p@example.org\n-i x\n--no-index --pre -f=x\nsix==1 --pre"
    assert [line.text for line in files(tmp_path, a=text).lines] == ["six==1"]


def test_editable_entries_stay_entries(tmp_path: Path) -> None:
    found = files(tmp_path, a="-e ./x\n--editable=git+https://example.org/y --pre")
    assert [one.text for one in found.lines] == ["-e ./x", "-e git+https://example.org/y"]


@pytest.mark.parametrize("text", ["--req b.txt", "--pre=1", "-z", "--", "-", "-r", "--pre b.txt"])
def test_an_option_that_is_not_known_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt:2: .* is no option that is known") as info:
        files(tmp_path, a=f"\n{text}", b="six==1")
    assert message(info)


@pytest.mark.parametrize("name", ["https://example.org/b.txt", "file:///b.txt", "${HOME}/b.txt"])
def test_an_include_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt:1: .* is no file of the repository"):
        files(tmp_path, a=f"-r {name}")


def test_an_include_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt: '\.\./secret' is no path inside"):
        files(tmp_path, a="--pre -r ../secret")


def test_a_mark_of_order_is_no_text_and_another_encoding_is_told(tmp_path: Path) -> None:
    assert files(tmp_path, a=b"\xef\xbb\xbfsix==1").lines[0].text == "six==1"
    (other := tmp_path / "other").mkdir()
    with pytest.raises(SubjectError, match=r"^a\.txt is not text: .* at byte 0") as info:
        files(other, a="six==1".encode("utf-16"))
    assert "UTF-8" in info.value.hint


def test_quotes_that_stay_open_are_told(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"^a\.txt:1: the line cannot be read"):
        files(tmp_path, a="-r 'b.txt")
