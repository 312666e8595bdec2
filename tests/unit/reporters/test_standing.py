from __future__ import annotations

import pytest
from msgspec.structs import replace
from unit.reporters import samples

from runner.model import Owners, Release
from runner.model.standing import (
    ChecklistItem,
    KnownAdvisories,
    KnownAdvisory,
    NextStep,
    PinPlace,
    StageStanding,
    UpgradeStanding,
)
from runner.reporters.console.page import Look, render
from runner.reporters.console.standing import picture
from runner.reporters.width import cells

NOON = "2026-11-22T12:00:00.123+00:00"
STANDING = UpgradeStanding(
    format="upgrade-runner/status/1",
    release=Release(
        "mlflow", "3.11.1", "example/mlflow:v3.11.1", status="⚠️ 2 known",
        upgrade_status="in_progress", target="3.17.2", triaged="2026-11-21",
    ),
    owners=Owners("ML Lead", "Platform Lead", ("security", "compliance")),
    from_version="3.6.0",
    in_sync=False,
    pins=(
        PinPlace(
            "r.txt", "requirement", "mlflow",
            in_sync=True, line=2, has="3.11.1", wants="3.11.1",
        ),
        PinPlace(
            "Dockerfile", "docker_arg", "V",
            in_sync=False, line=1, has="3.6.0", wants="3.11.1",
        ),
        PinPlace(
            "S.md", "table_row", "mlflow", in_sync=False,
            problem="S.md: no row 'mlflow'", hint="name a row that is there",
        ),
    ),
    advisories=KnownAdvisories(
        ("osv",),
        (
            KnownAdvisory("CVE-2026-1", "critical", tracked=True, fixed_in="3.17.2"),
            KnownAdvisory("GHSA-a", "high", tracked=False, waived_until="2027-02-28"),
        ),
        ("CVE-2026-9",),
        ("osv: one record cannot be read",),
    ),
    stages=(
        StageStanding(
            "preflight", "passed", (ChecklistItem("a", "Save", "passed", when=NOON),)
        ),
        StageStanding(
            "verification", "errored",
            (
                ChecklistItem("a", "Unit tests", "passed", when=NOON),
                ChecklistItem("b", "Smoke \x1b[31mtest\u202e", "failed", "said no", NOON),
                ChecklistItem("c", "A title that is longer than any column " * 2, "errored", "?"),
                ChecklistItem("d", "Push", "skipped", "needs 'b'"),
                ChecklistItem("e", "Scan", "stale", "the check has changed"),
                ChecklistItem("f", "Audit", "not yet"),
            ),
            "run with changes that were not committed",
        ),
    ),
    next=NextStep("runner validate --resume", "5 of 6 checks are still to be run"),
)  # fmt: skip


def text(standing: UpgradeStanding, look: Look) -> str:
    found = picture(standing, look)
    return "".join(f"{render(line, color=look.color)}\n" for line in found)


@pytest.mark.parametrize("width", [120, 80, 60, 30])
def test_golden(width: int) -> None:
    samples.compare(f"standing-{width}.txt", text(STANDING, Look(width)))


def test_golden_ascii() -> None:
    samples.compare("standing-ascii.txt", text(STANDING, Look(80, unicode=False)))


def test_golden_color() -> None:
    samples.compare("standing-color.txt", text(STANDING, Look(100, color=True)))


@pytest.mark.parametrize("width", [45, 60, 77])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in text(STANDING, Look(width)).splitlines():
        assert line.startswith("Next") or cells(line) <= width


def test_little_is_known() -> None:
    bare = replace(
        STANDING,
        release=Release("a", "1"),
        owners=Owners(),
        from_version="",
        in_sync=True,
        pins=(),
        advisories=KnownAdvisories(troubles=("nobody can be asked",)),
        stages=STANDING.stages[:1],
        next=NextStep("", "mend it"),
    )
    told = text(bare, Look(80)).splitlines()
    assert told == [
        "a 1 · upgrade queued",
        "",
        "  ✓ preflight ── ✓ bump",
        "",
        "Pins          · none: nothing repeats the version",
        "Advisories    · not known",
        "  ! nobody can be asked",
        "Preflight     ✓ 1 of 1 check passed",
        "  ✓ Save  passed · 2026-11-22 12:00",
        "",
        "Next          mend it",
    ]


def test_none_known_is_not_the_same_as_not_known() -> None:
    told = text(replace(STANDING, advisories=KnownAdvisories(("osv",))), Look(80))
    assert "Advisories    ✓ none known (osv)\n" in told


def test_an_open_target_is_a_bump_to_come() -> None:
    synced = replace(STANDING, in_sync=True)
    assert "✓ preflight ── · bump ── ! verification" in text(synced, Look(80))
