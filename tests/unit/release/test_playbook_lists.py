"""The list of tracked advisories changes, and no other byte of the playbook."""

from __future__ import annotations

import pytest

from runner.release.playbook_lists import set_cves
from runner.release.spots import PinError

BLOCK = "release:\n  version: 1.0\n  cves:\n    # all\n    - A-1  # one\n    - A-2\n  status: x\n"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("cves", "after"),
    [
        (["A-1", "A-2"], BLOCK),
        (["A-1"], BLOCK.replace("    - A-2\n", "")),
        (
            ["A-2", "A-3", "A-1"],
            BLOCK.replace("- A-1  # one\n    - A-2", "- A-2\n    - A-3\n    - A-1  # one"),
        ),
        (["B-1"], BLOCK.replace("- A-1  # one\n    - A-2", "- B-1")),
        ([], "release:\n  version: 1.0\n  cves: []\n  status: x\n"),
    ],
)
def test_lines_of_what_stays_stay(ending: str, cves: list[str], after: str) -> None:
    text, wanted = (one.replace("\n", ending) for one in (BLOCK, after))
    assert set_cves(text, cves, "p") == wanted


def test_a_list_in_brackets_stays_one() -> None:
    text = "release: {version: 1.0, cves: [A-1, A-2]} # c"
    assert set_cves(text, ["A-2"], "p") == "release: {version: 1.0, cves: [A-2]} # c"


def test_a_new_list_stands_after_the_version() -> None:
    text = "release:\n  version: 1.0  # c\n  status: x"
    after = "release:\n  version: 1.0  # c\n  cves: [A-1]\n  status: x"
    assert set_cves(text, ["A-1"], "p") == after
    assert set_cves(text, [], "p") == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release: {version: 1.0}", "p: 'release' has no 'cves'"),
        ("release: {}", "p: 'release' has no version"),
        ("release: {version: 1.0, cves: &a [A-1]}", "p:1: 'cves' is no plain list"),
        ("release: {version: 1.0, cves: x}", "p:1: 'cves' is no plain list"),
        ("release:\n  version: 1.0\n  cves: [1, # two\n   2]\n  b: *c", ""),
    ],
)
def test_what_cannot_be_changed_so_is_told(text: str, said: str) -> None:
    if not said:
        text, said = text.replace("*c", "1"), "nothing"
        assert set_cves(text, ["A-1"], "p").endswith("cves: [A-1]\n  b: 1")
        return
    with pytest.raises(PinError) as caught:
        set_cves(text, ["A-9"], "p")
    assert caught.value.message == said
    assert caught.value.hint
