"""How a triage is laid out, whatever others have put into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from runner.cli.triaged import console, markdown
from runner.release.triage_record import (
    AlertRecord,
    AnnouncedRecord,
    CandidateRecord,
    ClearedRecord,
    FindingRecord,
    RecommendationRecord,
    SourceRecord,
    TriageDocument,
)

FLAW = FindingRecord("CVE-2026-1001", "high", tracked=True)
HOSTILE = "\x1b[31mred\x1b[0m | <img src=x> [a](b) `c` @all\n# d\u202e"


def candidate(version: str, **more: Any) -> CandidateRecord:  # noqa: ANN401 - any key
    stated: dict[str, Any] = {
        "recommended": False,
        "eligible": True,
        "verdict": f"verdict on {version}",
        "published": "2026-11-04T00:00:00Z",
        "age_days": 20.4,
        "prerelease": False,
        "yanked": None,
        "requires_python": (),
        "resolves": "not tried",
        "resolves_detail": None,
        "asked": ("osv",),
        "fixes": (FLAW,),
        "clears": (),
        "leaves": (),
        "brings": (),
        "forbidden": 0,
        "waived": (),
        "release_notes": None,
        "named": None,
        "alerts": (),
        "migrations": None,
    }
    return CandidateRecord(version=version, **{**stated, **more})


def document(*candidates: CandidateRecord, **more: Any) -> TriageDocument:  # noqa: ANN401 - any key
    chosen = next((one.version for one in candidates if one.recommended), None)
    stated: dict[str, Any] = {
        "python": "3.11.7",
        "resolved": "demo.in, by uv for Python 3.11.7",
        "sources": (SourceRecord("index", "reached", "the index", None),),
        "recommendation": RecommendationRecord(chosen, "the reason", satisfied=True, doubts=()),
        "findings": (FLAW,),
        "forbidden": 1,
        "untold": (),
        "candidates": candidates,
        "announced": (),
        "alerts": (),
        "notes": (),
    }
    head = ("demo", "1.0", "2026-11-24T00:00:00+00:00")
    return TriageDocument("upgrade-runner/triage/1", *head, **{**stated, **more})


FULL = candidate(
    "1.2",
    recommended=True,
    resolves="yes",
    clears=(ClearedRecord("CVE-2026-1002", "low", tracked=False, reason="ends"),),
    leaves=(FindingRecord("CVE-2026-1003", "low", tracked=False),),
    waived=("CVE-2026-1003",),
    named=("CVE-2026-1001",),
    release_notes="https://example.org/1.2",
    alerts=(7, 8),
    migrations="two",
)


@dataclass(frozen=True)
class Page:
    lines: list[str]

    def line(self, start: str) -> str:
        return next(one for one in self.lines if one.strip().startswith(start))


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_the_recommended_step_is_shown_with_its_effects() -> None:
    page = Page(list(console(document(candidate("1.1"), FULL))))
    assert page.lines[:2] == ["demo 1.0: take 1.2", "  the reason."]
    assert page.line("fixes 1").split() == ["fixes", "1", "CVE-2026-1001"]
    assert page.line("clears 1").endswith("CVE-2026-1002 (no fix is named)")
    assert page.line("leaves 1").endswith("CVE-2026-1003")
    assert page.line("brings 0").endswith("none")
    assert page.line("waived 1").endswith("CVE-2026-1003")
    assert page.line("notes").endswith("name CVE-2026-1001; https://example.org/1.2")
    assert page.line("alerts").endswith("still open: #7, #8")
    assert page.line("migrations").endswith("two")
    assert page.line("→ 1.2").split() == [
        *("→", "1.2", "2026-11-04", "(20d)", "yes", "1", "1", "1", "0", "0"),
    ]
    assert page.line("1.1  ").startswith("  1.1")
    assert not [one for one in page.lines if "Not taken" in one]


def test_staying_is_said_and_doubts_stand_beside_the_reason() -> None:
    doubts = RecommendationRecord(None, "why", satisfied=False, doubts=("a doubt", "another"))
    told = document(candidate("1.1", forbidden=None, age_days=None), recommendation=doubts)
    page = list(console(told))
    assert page[0] == "demo 1.0: stay"
    assert page[2:4] == ["  but: a doubt", "  but: another"]
    row = next(one for one in page if one.startswith("  1.1"))
    assert row.split()[1] == "unknown"
    assert row.split()[-1] == "unknown"


def test_those_that_are_not_taken_are_grouped_by_the_reason() -> None:
    page = list(
        console(
            document(
                candidate("1.1rc1", eligible=False, verdict="a pre-release"),
                candidate("1.2rc1", eligible=False, verdict="a pre-release"),
                candidate("1.3", resolves="no", verdict="does not resolve"),
                candidate("1.4", resolves="unknown", verdict="nobody knows"),
                candidate("1.5", recommended=True, resolves="unknown"),
            )
        )
    )
    start = page.index("Not taken")
    assert page[start + 1 : start + 4] == [
        "  1.1rc1, 1.2rc1: a pre-release",
        "  1.3: does not resolve",
        "  1.4: nobody knows",
    ]
    assert not [one for one in page[:start] if one.strip().startswith("1.1rc1")]
    assert page[start + 4] == ""


def test_nothing_is_laid_out_where_nothing_is_there() -> None:
    page = list(console(document()))
    assert page[2:4] == ["", "Sources"]
    assert not [one for one in page if "Version" in one]
    assert not [one for one in markdown(document()) if "Version" in one]


def test_sources_and_remarks_come_last() -> None:
    failed = SourceRecord("releases", "failed", "it is down", "start it")
    alerts = (
        AlertRecord(7, ("CVE-2026-1001",), "high", "<1.2", None),
        AlertRecord(8, ("GHSA-2222-3333-4444",), "low", None, None),
    )
    announced = (
        AnnouncedRecord("1.9", "2026-11-20T00:00:00Z", None),
        AnnouncedRecord("1.10", None, None),
    )
    told = document(
        sources=(failed,), alerts=alerts, announced=announced, untold=("CVE-1",), notes=("note",)
    )
    page = Page(list(console(told)))
    assert page.line("releases").endswith("  it is down")
    assert page.line("hint:").index("hint") == page.line("releases").index("it is down")
    assert page.line("1.9:") == "  1.9: announced on 2026-11-20, and not in the index"
    assert page.line("1.10:") == "  1.10: announced, and not in the index"
    assert page.line("alert #7") == "  alert #7 (high): CVE-2026-1001, versions <1.2"
    assert page.line("alert #8").endswith("versions unknown")
    assert page.line("tracked").endswith("flaw of 1.0: CVE-1")
    assert page.lines[-1] == "  note: note"
    text = "\n".join(markdown(told))
    assert "| releases | failed | it is down; start it |" in text
    assert "- 1.9: announced on 2026-11-20, and not in the index" in text
    assert "- note" in text


def test_long_lines_hang_on_their_column_and_lose_nothing() -> None:
    many = tuple(FindingRecord(f"CVE-2026-{n}", "low", tracked=False) for n in range(1000, 1030))
    page = list(console(document(candidate("1.2", recommended=True, fixes=many))))
    start = next(n for n, one in enumerate(page) if "fixes 30" in one)
    column = page[start].index("CVE")
    rest = page[start + 1 : start + 5]
    assert all(one.startswith(" " * column + "CVE") for one in rest)
    assert max(map(len, page)) <= 80
    assert "".join(page).count("CVE-2026-10") == 30


def test_markdown_has_a_table_with_every_verdict() -> None:
    text = "\n".join(markdown(document(candidate("1.1", eligible=False), FULL)))
    assert text.startswith("## demo 1.0: take 1.2\n\nThe reason.\n")
    assert "- **fixes 1**: CVE-2026-1001" in text
    assert "| 1.1 | 2026-11-04 (20d) | untried | 1 | 0 | 0 | 0 | 0 | verdict on 1.1 |" in text
    assert "| 1.2 (recommended) |" in text


@pytest.mark.parametrize("layout", [console, markdown])
def test_what_others_have_written_does_no_harm(layout: Any) -> None:  # noqa: ANN401 - either
    told = document(
        candidate("1.1", eligible=False, verdict=HOSTILE),
        sources=(SourceRecord("index", "failed", HOSTILE, HOSTILE),),
        recommendation=RecommendationRecord(None, HOSTILE, satisfied=False, doubts=(HOSTILE,)),
        untold=(HOSTILE,),
        notes=(HOSTILE,),
    )
    for line in layout(told):
        assert line.isprintable() or layout is markdown
        assert "\x1b" not in line
        assert "\u202e" not in line
        assert not line.startswith("# d")
        if layout is markdown:
            assert "<img" not in line
            assert "@all" not in line
            assert "[a](b)" not in line
