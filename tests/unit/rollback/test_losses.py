"""What was written since the backup, as far as counts and checksums can tell."""

from __future__ import annotations

import pytest

from runner.kinds.database.contents import Contents, Table
from runner.model.rolled_back import FORMAT, Loss, Relied, RolledBack
from runner.reporters.console.page import Look, Tone
from runner.reporters.console.rollback import ended, plan
from runner.rollback.backup import losses

RELIED = Relied("sqlite:///a.db", "backups/a", "00", "2026-11-27", "aaa1", 2, 51)


def contents(**tables: tuple[int, str, str]) -> Contents:
    return Contents("aaa1", tuple(Table(name, *told) for name, told in tables.items()))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"runs": (5, "a", "d")}, []),
        ({"runs": (7, "b", "d")}, ["runs: 2 rows more"]),
        ({"runs": (3, "b", "d")}, ["runs: 2 rows fewer"]),
        ({"runs": (5, "b", "d")}, ["runs: rows that were changed, of 5"]),
        # The migration has given it a column: its checksum tells nothing of what users did.
        ({"runs": (5, "b", "other")}, []),
        ({"runs": (6, "b", "other")}, ["runs: 1 rows more"]),
        ({}, ["runs: is gone"]),
        ({"runs": (5, "a", "d"), "new": (0, "x", "d")}, []),
        (
            {"runs": (5, "a", "d"), "new": (4, "x", "d")},
            ["new: 4 rows, of a table that came since"],
        ),
        ({"runs": (5, "a", "d"), "alembic_version": (1, "z", "d")}, []),
        ({"runs": (5, "a", "d"), "public.alembic_version": (1, "z", "d")}, []),
    ],
)
def test_by_table(now: dict[str, tuple[int, str, str]], told: list[str]) -> None:
    saved = contents(runs=(5, "a", "d"))
    assert [str(one) for one in losses(saved, contents(**now))] == told


def shown(record: RolledBack, *, width: int = 1000) -> list[str]:
    return ["".join(span.text for span in line) for line in plan(record, Look(width=width))]


def test_the_plan_says_what_is_relied_on_and_lost() -> None:
    lost = tuple(Loss(f"t{number}", 1, 2) for number in range(25))
    record = RolledBack(
        FORMAT, "m", "2", "1", backup=RELIED, lost=lost, locks=("a.txt",), commit="0123456789abcdef"
    )
    told = shown(record)
    assert told[0] == "roll back m 2 to 1"
    assert "backup:    backups/a, verified 2026-11-27: revision aaa1, 2 tables, 51 rows" in told
    assert "           t0: 1 rows more" in told
    assert "           … and 5 more tables" in told
    assert "locks:     a.txt, as in commit 0123456789ab" in told


def test_the_plan_says_what_is_not_known() -> None:
    none = RolledBack(FORMAT, "m", "2", "1")
    told = shown(none)
    assert "database:  the stage restores none by the kind 'database'" in told
    assert "locks:     made anew: no commit has a playbook of that version" in told
    broken = RolledBack(FORMAT, "m", "2", "1", backup=RELIED, unknown="it is damaged", commit="01")
    told = shown(broken)
    assert "lost:      what was written since cannot be told: it is damaged" in told
    assert "locks:     no lock, as in commit 01" in told
    nothing = RolledBack(FORMAT, "m", "2", "1", backup=RELIED)
    assert "lost:      nothing: no row was written since" in shown(nothing)


def test_the_end_says_what_to_do() -> None:
    red = RolledBack(FORMAT, "m", "2", "1", reason="Start: exit code 1")
    lines = list(ended(red, "live", Look()))
    told = "\n".join("".join(span.text for span in line) for line in lines)
    assert "ERRORED rollback of m 2 to 1  evidence: live" in told
    assert "Start: exit code 1" in told
    assert "runner rollback" in told
    assert lines[1][0].tone is Tone.ODD
