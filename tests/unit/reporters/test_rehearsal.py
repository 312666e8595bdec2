"""What a person sees of a rehearsal."""

from __future__ import annotations

import io

from runner.events import PartEnded, PartStarted
from runner.model import Outcome
from runner.model.rehearsed import FORMAT, Kept, Migration, Outage, Part, Rehearsed, TableChange
from runner.reporters.console import Options, paper
from runner.reporters.console.page import Look, render
from runner.reporters.console.rehearsal import Parts, picture


def record(**more: object) -> Rehearsed:
    known: dict[str, object] = {
        "format": FORMAT,
        "id": "rehearsal-1",
        "package": "mlflow",
        "before": "3.6.0",
        "after": "3.17.2",
        "profile": "",
        "commit": "c",
        "dirty": False,
        "locks_before": {},
        "locks_after": {},
        "started": "2026-11-27T10:00:00.000+00:00",
        "ended": "2026-11-27T10:01:40.000+00:00",
        "duration": 100.0,
        "own": 2.0,
        "parts": (),
        "outage": Outage(),
        "migration": None,
        "restored": None,
        "kept": (),
        "verdict": Outcome.PASSED,
        "exit_code": 0,
        "part": "",
        "reason": "",
        "hint": "",
        "warnings": (),
        "runner_version": "1",
    }
    return Rehearsed(**{**known, **more})  # type: ignore[arg-type]


def shown(found: Rehearsed) -> list[str]:
    return [render(one, color=False) for one in picture(found, "out/live", Look(width=100))]


def test_a_green_one() -> None:
    changes = (
        TableChange("a", "added", None, 1),
        TableChange("b", "dropped", 2, None),
        TableChange("c", "columns", 3, 3, ("x",), ("y",)),
        TableChange("d", "rows", 3, 4),
        TableChange("e", "content", 3, 3),
    )
    found = record(
        outage=Outage(1.0, 2.0, 3.0, 4.0, 5.0),
        migration=Migration("bf29", "dc11", changes, 10, 11),
        restored=True,
        kept=(Kept("repository", "a", "a"),),
    )
    assert shown(found) == [
        "",
        "outage:      6.0 s (stop 1.0 s, migrate 2.0 s, start 3.0 s)",
        "way back:    10.0 s (stop 1.0 s, restore 4.0 s, start 5.0 s)",
        "migration:   revision bf29 to dc11, 5 tables changed; 10 rows before, 11 after",
        "             + a: 1 row",
        "             - b: 2 rows",
        "             ~ c: +x, -y, 3 rows",
        "             ~ d: 3 to 4 rows",
        "             ~ e: 3 rows, of another content",
        "rollback:    every row and artifact is back",
        "repository:  byte for byte as before",
        "took:        1 min 40 s, of which the runner's own 2.0 s",
        "",
        "PASSED rehearsal of mlflow 3.6.0 to 3.17.2  evidence: out/live",
    ]


def test_a_red_one_says_where_and_how_to_mend_it() -> None:
    found = record(
        parts=(Part("restored", "Is every row back", Outcome.FAILED),),
        outage=Outage(stop=1.0, migrate=2.0),
        migration=Migration("1", "1", (), 5, 5),
        restored=False,
        kept=(Kept("database", "a", "b"),),
        verdict=Outcome.FAILED,
        exit_code=1,
        part="restored",
        reason="table runs: 3 rows, saved 5",
        hint="restore it",
        warnings=("beware",),
    )
    assert shown(found) == [
        "",
        "migration:   none, revision 1",
        "rollback:    not everything is back",
        "database:    changed meanwhile",
        "took:        1 min 40 s, of which the runner's own 2.0 s",
        "warning: beware",
        "",
        "FAILED rehearsal of mlflow 3.6.0 to 3.17.2, at 'Is every row back'",
        "  table runs: 3 rows, saved 5",
        "  hint: restore it",
        "  evidence: out/live",
    ]


def test_many_tables_are_not_all_named() -> None:
    changes = tuple(TableChange(f"t{number}", "rows", 1, 2) for number in range(15))
    lines = shown(record(migration=Migration("1", "2", changes, 15, 30)))
    assert "             … and 3 more" in lines
    assert sum("1 to 2 rows" in one for one in lines) == 12


def test_parts_as_they_come() -> None:
    part = Part("a", "Copy", Outcome.PASSED, started="t", duration=1.0, facts=("5 bytes", "all"))
    skipped = Part("b", "Migrate", Outcome.SKIPPED, "it was not come to")
    for quiet, lines in ((False, 3), (True, 1)):
        stream = io.StringIO()
        parts = Parts(paper(stream, Options(color=False)), quiet=quiet)
        for event in (PartStarted("Copy"), PartEnded(part), PartEnded(skipped)):
            parts.hear(event)
        told = stream.getvalue().splitlines()
        assert len(told) == lines
        assert told[-1].split() == ["-", "Migrate", "it", "was", "not", "come", "to"]
    assert Outage(stop=1.0).forward is None
