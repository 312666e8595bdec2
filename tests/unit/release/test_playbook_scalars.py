"""Texts under ``release``: every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.playbook import PlaybookInvalid
from runner.release.playbook_scalars import set_texts
from runner.release.spots import PinError

VALUES = {"target": "1.2.1", "triaged": "2026-11-24"}
BLOCK = """# ours
release:
  package: demo  # the package
  version: "1.0"  # the pin
  status: "⚠️ 28"

stages: {}
"""


def test_keys_that_are_not_there_come_after_the_version() -> None:
    changed = set_texts(BLOCK, VALUES, "p.yaml")
    added = '\n  target: 1.2.1\n  triaged: "2026-11-24"'
    assert changed == BLOCK.replace("# the pin", f"# the pin{added}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("target: 1.1.0  # old", "target: 1.2.1  # old"),
        ("target: '1.1.0'", "target: '1.2.1'"),
        ('target: "1.1.0" # old', 'target: "1.2.1" # old'),
        ("target:\n    1.1.0", "target:\n    1.2.1"),
    ],
)
def test_keys_that_are_there_keep_quotes_and_comments(before: str, after: str) -> None:
    text = BLOCK.replace("package:", f"{before}\n  package:")
    wanted = BLOCK.replace("package:", f"{after}\n  package:")
    assert set_texts(text, {"target": "1.2.1"}, "p.yaml") == wanted


def test_what_is_already_so_stays_to_the_byte() -> None:
    text = BLOCK.replace("package:", "target: 1.2.1\n  triaged: '2026-11-24'\n  package:")
    assert set_texts(text, VALUES, "p.yaml") == text


def test_an_unquoted_day_becomes_a_text() -> None:
    text = BLOCK.replace("package:", "triaged: 2026-11-24\n  package:")
    changed = set_texts(text, {"triaged": "2026-11-24"}, "p.yaml")
    assert changed == text.replace("2026-11-24", '"2026-11-24"')


def test_flow_mappings_and_windows_line_endings_stay() -> None:
    flow = 'release: {package: demo, version: "1.0", cves: []}\r\nstages: {}\r\n'
    assert set_texts(flow, {"target": "v2"}, "p.yaml") == flow.replace('"1.0"', '"1.0", target: v2')
    windows = f"\ufeff{BLOCK}".replace("\n", "\r\n")
    changed = set_texts(windows, {"target": "v2"}, "p.yaml")
    assert changed == windows.replace("# the pin", "# the pin\r\n  target: v2")


def test_a_text_without_final_newline_gets_none() -> None:
    text = "release:\n  package: demo\n  version: '1.0'"
    assert set_texts(text, {"target": "v2"}, "p.yaml") == f"{text}\n  target: v2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release: 3", "'release' is no mapping"),
        ("other: 3", "'release' is no mapping"),
        ("release: {package: demo}", "has no version"),
        ("release:\n  version: '1'\n  target: |\n    1.1\n", "p.yaml:3: is no plain text"),
        ("release:\n  version: '1'\n  target: !!str 1.1\n", "p.yaml:3: is no plain text"),
        ("release:\n  version: '1'\n  target: [1.1]\n", "p.yaml:3: is no plain text"),
    ],
)
def test_what_cannot_be_changed_is_refused(text: str, said: str) -> None:
    with pytest.raises(PinError) as caught:
        set_texts(text, {"target": "1.2.1"}, "p.yaml")
    assert said in caught.value.message
    assert caught.value.hint


def test_yaml_words_and_other_marks_are_quoted() -> None:
    for value in ("true", "null", "1e3", "a: b", "a #b", 'say "x"', "back\\slash", "3.10"):
        changed = set_texts(BLOCK, {"target": value}, "p.yaml")
        assert 'target: "' in changed
    with pytest.raises(PinError, match="cannot be changed safely") as caught:
        set_texts(BLOCK, {"target": "a\nb"}, "p.yaml")
    assert "by hand" in caught.value.hint
    with pytest.raises(PlaybookInvalid):
        set_texts(BLOCK, {"target": "a\0b"}, "p.yaml")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,20}", fullmatch=True))
def test_any_version_is_written_so_that_it_is_read_back(version: str) -> None:
    changed = set_texts(BLOCK, {"target": version}, "p.yaml")
    assert len(changed.splitlines()) == len(BLOCK.splitlines()) + 1
    assert set_texts(changed, {"target": version}, "p.yaml") == changed
