"""The parts of the page by themselves: words, measures, the verdict, and the two pictures."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from unit.reporters.html.dossiers import LATER, made, stage, upgraded
from unit.reporters.samples import NOON, SUBJECT, attempt, mixed, result, run

from runner.model import Artifact, Attempt, Outcome, Result, Run, ServiceReport
from runner.reporters.html import words
from runner.reporters.html.evidence import gather
from runner.reporters.html.flow import flow
from runner.reporters.html.headline import headline
from runner.reporters.html.measures import last_characters, measures, tails
from runner.reporters.html.scanned import scans_of
from runner.reporters.html.timeline import timeline
from runner.reporters.html.vulnerabilities import vulnerabilities


def test_a_long_text_loses_its_middle() -> None:
    cut = words.clip("a" * 50 + "b" * 50, 30)
    assert cut.startswith("a" * 10 + " … ")
    assert cut.endswith("b" * 20)
    assert words.clip("short", 30) == "short"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("verification/logs/a b.1.log", "verification/logs/a%20b.1.log"),
        ("javascript:x", "javascript%3Ax"),
        ("../up", ""),
        ("/etc/passwd", ""),
        ("", ""),
    ],
)
def test_addresses(path: str, address: str) -> None:
    assert words.link(path) == address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-22T12:00:00.123+00:00", "2026-11-22 12:00:00 UTC"),
        ("2026-11-22T12:00:00+05:30", "2026-11-22 12:00:00 +0530"),
        ("2026-11-22T12:00:00", "2026-11-22 12:00:00"),
        ("once", "once"),
    ],
)
def test_moments(text: str, shown: str) -> None:
    assert words.moment(text) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (1 << 60, "1048576.0 TiB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert words.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.5, "0.5 s"), (30, "30 s"), (60, "1 min"), (90, "1 min 30 s")]
)
def test_marks_of_the_axis(seconds: float, shown: str) -> None:
    assert words.clock(seconds) == shown


def timed(name: str, at: str, seconds: float, *outcomes: Outcome) -> Result:
    tries = [
        replace(attempt(one, number=number), started=at, duration=seconds / len(outcomes))
        for number, one in enumerate(outcomes, 1)
    ]
    return replace(result(name, name, *tries), started=at, duration=seconds)


def lasting(seconds: float, *results: Result, services: tuple[ServiceReport, ...] = ()) -> Run:
    return replace(run(*results, services=services), duration=seconds)


def test_bars_stand_where_the_time_says() -> None:
    drawn = timeline(
        lasting(
            20,
            timed("first", NOON, 5, Outcome.PASSED),
            timed("second", "2026-11-22T12:00:05+00:00", 15, Outcome.FAILED),
        )
    )
    assert drawn is not None
    bars = [(bar.x, bar.width, bar.outcome) for line in drawn.lines for bar in line.bars]
    assert bars == [(0, 25, "passed"), (25, 75, "failed")]
    assert list(drawn.ticks) == [(0, 0), (25, 5), (50, 10), (75, 15), (100, 20)]
    assert drawn.lines[1].anchor == "verification--second"


def test_a_service_shows_when_it_was_ready() -> None:
    service = ServiceReport("db", Outcome.PASSED, started=NOON, ready_after=5, duration=20)
    drawn = timeline(lasting(20, services=(service, replace(service, ready_after=0))))
    assert drawn is not None
    assert [(bar.outcome, bar.width) for bar in drawn.lines[0].bars] == [
        ("passed", 100),
        ("waiting", 25),
    ]
    assert len(drawn.lines[1].bars) == 1


def test_many_checks_share_lines_by_what_ran_beside() -> None:
    found = [
        timed(f"a{n}", f"2026-11-22T12:00:{n % 60:02}+00:00", 0.9, Outcome.PASSED)
        for n in range(60)
    ]
    found += [timed("b", NOON, 60, Outcome.FAILED)]
    drawn = timeline(lasting(60, *found))
    assert drawn is not None
    assert drawn.packed
    assert [line.label for line in drawn.lines] == ["side 1 of 2", "side 2 of 2"]
    assert len(drawn.lines[0].bars) == 60
    assert drawn.lines[1].bars[0].outcome == "failed"


def test_a_failure_among_many_lies_over_its_neighbours() -> None:
    outcomes = [Outcome.FAILED if number == 30 else Outcome.PASSED for number in range(100)]
    found = [timed(f"c{number}", NOON, 0.0001, one) for number, one in enumerate(outcomes)]
    drawn = timeline(lasting(60, *found))
    assert drawn is not None
    assert [bar.outcome for bar in drawn.lines[0].bars][-1] == "failed"


def test_bars_that_touch_become_one() -> None:
    found = [timed(f"c{n}", NOON, 0.0001, Outcome.PASSED) for n in range(100)]
    drawn = timeline(lasting(60, *found))
    assert drawn is not None
    assert [len(line.bars) for line in drawn.lines] == [1]


def test_bars_of_outcomes_that_alternate_are_no_more_than_can_be_told_apart() -> None:
    outcomes = (Outcome.PASSED, Outcome.FAILED)
    found = [timed(f"c{n}", NOON, 0.0001, outcomes[n % 2]) for n in range(1_000)]
    drawn = timeline(lasting(60, *found))
    assert drawn is not None
    assert [[bar.outcome for bar in line.bars] for line in drawn.lines] == [["passed", "failed"]]


def test_of_many_checks_each_attempt_has_its_bar() -> None:
    again = timed("again", NOON, 1, Outcome.FAILED, Outcome.PASSED)
    late = replace(again.attempts[1], started="2026-11-22T12:00:30+00:00")
    again = replace(again, attempts=(again.attempts[0], late), duration=31)
    found = [timed(f"c{n}", NOON, 1, Outcome.PASSED) for n in range(60)]
    drawn = timeline(lasting(60, again, *found))
    assert drawn is not None
    assert [(bar.x, bar.outcome) for bar in drawn.lines[0].bars] == [(50, "passed"), (0, "failed")]


def test_there_are_never_more_lines_than_fit() -> None:
    found = [timed(f"c{n}", NOON, 60, Outcome.PASSED) for n in range(100)]
    drawn = timeline(lasting(60, *found))
    assert drawn is not None
    assert len(drawn.lines) == 16


@pytest.mark.parametrize("started", ["", "yesterday", "2026-11-22T11:00:00+00:00"])
def test_odd_clocks_stay_in_the_picture(started: str) -> None:
    drawn = timeline(lasting(0, timed("x", started, 1, Outcome.PASSED)))
    assert drawn is not None
    (bar,) = drawn.lines[0].bars
    assert bar.x >= 0
    assert bar.width > 0
    assert bar.x + bar.width <= 100


def test_nothing_ran_is_no_picture() -> None:
    assert timeline(run(Result("x", "X", Outcome.SKIPPED))) is None


def test_the_flow_keeps_every_vulnerability(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    found = vulnerabilities(scans_of(gather(dossier, dossier.runs()[-1]), dossier))
    drawn = flow(found)
    assert drawn is not None
    assert sum(node.count for node in drawn.left) == 28
    assert sum(node.count for node in drawn.right) == 28
    assert sum(band.count for band in drawn.bands) == 28
    for side in (drawn.left, drawn.right):
        for above, below in pairwise(side):
            assert above.middle + 17 <= below.middle + 0.2  # labels have room
            assert above.y + above.height <= below.y


def test_new_vulnerabilities_come_from_nowhere(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    found = vulnerabilities(scans_of(gather(dossier, dossier.runs()[-1]), dossier))
    rows = tuple(dataclasses.replace(row, fate="new") for row in found.rows)
    drawn = flow(dataclasses.replace(found, rows=rows, fates={"new": len(rows)}))
    assert drawn is not None
    assert drawn.left == ()
    assert drawn.bands == ()
    assert [node.label for node in drawn.right] == ["new"]


def test_without_two_scans_there_is_no_flow(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    found = vulnerabilities(scans_of(gather(dossier, dossier.runs()[-1]), dossier))
    assert flow(dataclasses.replace(found, before=None)) is None


def told(folder: Path, *runs: Run) -> tuple[str, str]:
    found = headline(gather(made(folder, *runs), runs[-1]), None)
    return found.word, " ".join(found.cautions)


def test_a_preflight_alone_proves_no_upgrade(tmp_path: Path) -> None:
    word, cautions = told(tmp_path, stage("preflight", NOON))
    assert word == "passed in part"
    assert "Only preflight was run: nothing is said of 3.17.2 yet." in cautions


def test_a_selection_is_a_part(tmp_path: Path) -> None:
    word, cautions = told(tmp_path, replace(stage("verification", NOON), total=5))
    assert word == "passed in part"
    assert "verification: only 1 of 5 checks were selected." in cautions


@pytest.mark.parametrize(
    ("fields", "caution"),
    [
        ({"interrupted": "killed"}, "verification: the run was killed before its end."),
        ({"interrupted": "SIGINT"}, "verification: the run was ended by SIGINT before its end."),
        ({"subject": replace(SUBJECT, commit="")}, "it is not known which commit was looked at"),
        ({"subject": replace(SUBJECT, dirty=True)}, "the work tree had changes that are not in"),
        ({"warnings": ("a daemon was stopped",)}, "verification: a daemon was stopped"),
    ],
)
def test_cautions(tmp_path: Path, fields: dict[str, object], caution: str) -> None:
    base = stage("verification", NOON)
    kept = {name: getattr(base, name) for name in Run.__struct_fields__}
    assert caution in told(tmp_path, Run(**(kept | fields)))[1]


def test_a_caution_of_several_stages_is_told_once(tmp_path: Path) -> None:
    dirty = replace(SUBJECT, dirty=True)
    runs = (replace(stage(name, NOON), subject=dirty) for name in ("verification", "rollout"))
    cautions = told(tmp_path, *runs)[1]
    assert "rollout, verification: the work tree had changes that are not in" in cautions
    assert cautions.count("the work tree had changes") == 1


def test_checks_that_are_flaky_or_may_fail_are_counted(tmp_path: Path) -> None:
    _, cautions = told(tmp_path, mixed())
    assert "verification: 1 check passed only when tried again." in cautions
    assert "verification: 1 check failed, and may." in cautions


def test_stages_of_different_commits_are_told(tmp_path: Path) -> None:
    other = replace(stage("rollout", LATER), subject=replace(SUBJECT, commit=""))
    _, cautions = told(tmp_path, stage("verification", NOON), other)
    assert "The stages are about different commits: c0ffee, no commit." in cautions


def logged(folder: Path, outcome: Outcome, tail: str, content: bytes) -> Attempt:
    log = folder / "out/live/verification/logs/x.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(content)
    kept = Artifact("verification/logs/x.log", len(content), "0" * 64)
    return replace(attempt(outcome), log=kept, tail=tail)


@pytest.mark.parametrize(
    ("outcome", "tail", "content", "shown"),
    [
        (Outcome.FAILED, "recorded\n", b"whole", "recorded"),
        (Outcome.PASSED, "", b"first\nlast\n", "first\nlast"),
        (Outcome.PASSED, "", b"", None),
        (Outcome.PASSED, "", b"\x1b[31mred\x1b[0m \xff", "red \ufffd"),
    ],
)
def test_tails(
    tmp_path: Path, outcome: Outcome, tail: str, content: bytes, shown: str | None
) -> None:
    dossier = made(tmp_path, run(result("x", "X", logged(tmp_path, outcome, tail, content))))
    logged(tmp_path, outcome, tail, content)
    evidence = gather(dossier, dossier.runs()[-1])
    assert tails(evidence, measures(evidence)).get("verification/logs/x.log") == shown


def test_a_log_elsewhere_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not for the report")
    dossier = made(tmp_path, run(result("x", "X", logged(tmp_path, Outcome.PASSED, "", b"12345"))))
    log = dossier.live / "verification/logs/x.log"
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    log.symlink_to(tmp_path / "secret")
    evidence = gather(dossier, dossier.runs()[-1])
    assert tails(evidence, measures(evidence)) == {"verification/logs/x.log": ""}


def test_a_tail_begins_with_a_line() -> None:
    assert last_characters("one two three\nfour five\nsix\n", 15) == "four five\nsix"
    assert last_characters("x" * 100, 10) == "x" * 10
    assert last_characters("short\n", 10) == "short"
