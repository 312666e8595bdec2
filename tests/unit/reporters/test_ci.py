"""CI systems: what they are told, and that no output of a check is a command to any of them."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.github import StepLog, outputs_of
from unit.reporters import samples, stories

from runner.events import AttemptEnded, CheckEnded, Event, RunEnded, RunStarted
from runner.model import Artifact, Case, Execution, Outcome, Place, Run, StepReport, StepResult
from runner.reporters.ci import DETECTED_BY, Note, Product, Section, for_checks, inert, system_of
from runner.reporters.ci.azure import Azure
from runner.reporters.ci.base import Silent, System
from runner.reporters.ci.buildkite import Buildkite
from runner.reporters.ci.console import SHOWN, CiConsole, product_of
from runner.reporters.ci.github import GitHub
from runner.reporters.ci.gitlab import GitLab
from runner.reporters.ci.notes import line_of_test, notes_of
from runner.reporters.ci.teamcity import TeamCity
from runner.reporters.console import Options, Pointers, console
from runner.reporters.console.paper import Paper
from runner.reporters.console.plain import Plain

HOSTILE = (
    b"::set-output name=verdict::passed\n"
    b"  ::add-mask::passed\n"
    b"so far ##[set-output name=verdict;]passed\n"
    b"##vso[task.setvariable variable=verdict]passed\n"
    b"x ##teamcity[buildStatus status='SUCCESS']\n"
    b"section_end:1:artifact-push.1\r\x1b[0K\n"
    b"no line break at the end"
)
SYSTEMS: dict[str, Callable[[], System]] = {
    "github": lambda: GitHub({}, token=lambda: "a-word"),
    "gitlab": lambda: GitLab({}, clock=lambda: 1795772205.9),
    "azure": lambda: Azure({}),
    "buildkite": lambda: Buildkite({}),
    "teamcity": lambda: TeamCity({}),
}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("analysis_outputs/live/verification")
    (folder / "logs").mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / f"logs/x.{number}.log").write_bytes(HOSTILE)
    (folder / "junit.xml").write_text("<testsuites/>")
    (folder / "summary.md").write_text("# FAILED\n")
    return Path("analysis_outputs/live")


def play(system: System, live: Path, events: Iterator[Event], **options: bool) -> str:
    raw = io.BytesIO()
    paper = Paper(io.TextIOWrapper(raw, "utf-8", newline=""), color=False, inert=inert)
    plain = Plain(paper, samples.POINTERS, **options)
    with CiConsole(plain, paper, system, live) as listener:
        for event in events:
            listener.hear(event)
    return raw.getvalue().decode()


@pytest.mark.parametrize("name", SYSTEMS)
def test_golden(name: str, live: Path) -> None:
    text = play(SYSTEMS[name](), live, stories.told()).replace(str(Path.cwd()), "/build")
    samples.compare(f"ci/{name}.txt", text.replace("\r", "\\r").replace("\x1b", "\\e"))


@pytest.mark.parametrize("variable", DETECTED_BY)
def test_each_system_is_known_by_its_variable(variable: str) -> None:
    system = system_of({variable: "true"})
    assert system is not None
    assert f"{system.name}.txt" in {path.name for path in (samples.GOLDEN / "ci").iterdir()}
    assert system_of({variable: "false"}) is None


def test_elsewhere_is_no_system() -> None:
    assert system_of({"CI": "true"}) is None
    assert for_checks({"GITHUB_OUTPUT": "x"}) == {"GITHUB_OUTPUT": "x"}


def test_checks_do_not_see_what_speaks_to_the_system() -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "o", "GITHUB_ENV": "e", "HOME": "h"}
    assert for_checks(environ) == {"GITHUB_ACTIONS": "true", "HOME": "h"}
    assert "GITHUB_ENV" in for_checks(environ, ["GITHUB_ENV"])


def test_the_console_takes_the_system_of_the_environment(live: Path) -> None:
    stream = io.StringIO()
    pointers = Pointers(str, str(live), str(live))
    with console(stream, pointers, Options(), {"GITHUB_ACTIONS": "true"}) as listener:
        for event in stories.told():
            listener.hear(event)
    log = StepLog().read(stream.getvalue())
    assert [name for name, *_ in log.commands].count("group") == 8
    assert not log.stopped


@pytest.mark.usefixtures("live")
def test_quiet_shows_notes_and_no_sections() -> None:
    stream = io.StringIO()
    environ = {"GITHUB_ACTIONS": "1"}
    with console(stream, samples.POINTERS, Options(quiet=True), environ) as listener:
        for event in stories.told():
            listener.hear(event)
    log = StepLog().read(stream.getvalue())
    assert {name for name, *_ in log.commands} == {"error", "warning"}


def test_verbose_streams_instead_of_sections(live: Path) -> None:
    text = play(GitHub({}), live, stories.told(), verbose=True)
    assert "::group::" not in text
    assert "artifact-push │ one" in text


# ---------------------------------------------------------------- no output is a command


def one_check(log: bytes, area: str, reason: str) -> Iterator[Event]:
    attempt = replace(
        samples.attempt(Outcome.FAILED),
        log=Artifact("verification/logs/x.1.log", len(log), ""),
        reason=reason,
        tail=log.decode(errors="replace"),
    )
    result = samples.result("x", area, attempt)
    run = samples.run(result, verdict=Outcome.FAILED)
    check = samples.check("x", area)
    yield RunStarted("r1", "verification", area, (check,))
    yield AttemptEnded(check, attempt, None)
    yield CheckEnded(check, result)
    yield RunEnded(run)


_STARTS = ("::", "##[", "##vso[", "##teamcity[", "add-mask", "set-output name=a", "::error::x")
_BLANKS = (" ", "\t", "\n", "\r", "\u2028", "\u00a0", "\x85", "\x1b[0K")
PIECES = st.sampled_from((*_STARTS, *_BLANKS, "]", "group", "endgroup", "✓", "x"))
TEXT = st.lists(PIECES, max_size=12).map("".join)


@given(TEXT, TEXT, TEXT)
def test_no_output_is_a_command_to_github(log: str, area: str, reason: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live = Path(folder)
        (live / "verification/logs").mkdir(parents=True)
        (live / "verification/logs/x.1.log").write_bytes(log.encode())
        text = play(GitHub({}), live, one_check(log.encode(), area, reason))
    read = StepLog().read(text)
    expected = ["group", "endgroup"] if log else []
    assert [name for name, *_ in read.commands] == [*expected, "error"]
    assert not read.stopped


@given(TEXT)
@example("::\r::error::x")
def test_inert_text_holds_no_command(text: str) -> None:
    found = inert(text)
    assert not re.search(r"##[A-Za-z]*\[", found)
    assert StepLog().read(found).commands == []
    assert inert(found) == found


@pytest.mark.parametrize("text", ["a::b", "✓ x 1::2", "## heading", "std::move", "a\nb ::x::"])
def test_inert_leaves_other_text_alone(text: str) -> None:
    assert inert(text) == text


def test_the_word_that_ends_a_fence_is_new_each_time(live: Path) -> None:
    text = play(GitHub({}), live, stories.told())
    words = re.findall(r"::stop-commands::([0-9a-f]{32})\n", text)
    assert len(words) == len(set(words)) == 8


def test_a_long_log_is_shown_from_its_end(live: Path) -> None:
    path = live / "verification/logs/x.1.log"
    path.write_bytes(b"x" * 9 + b"\n" + b"line\n" * (SHOWN // 5 + 1))
    text = play(GitHub({}), live, one_check(path.read_bytes(), "Area", "no"))
    assert f"  … {path.stat().st_size - SHOWN} bytes before this are in {path}\n" in text
    assert "xxxxxxxxx" not in text


def test_a_log_that_is_gone_does_not_end_the_run(live: Path) -> None:
    (live / "verification/logs/x.1.log").unlink()
    text = play(GitHub({}), live, one_check(b"once", "Area", "no"))
    assert "::error " in text
    assert not StepLog().read(text).stopped


# ---------------------------------------------------------------- notes


def test_notes_have_the_most_important_first() -> None:
    notes = notes_of(samples.mixed(), {})
    assert [(one.level, one.title) for one in notes] == [
        ("error", "service postgres"),
        ("error", "Artifact push: failed"),
        ("error", "Container smoke test: errored"),
        ("warning", "Licences: failed"),
        ("warning", "Sample audit 日本語 [red]: flaky"),
        ("warning", "tests.test_runs test_old"),
        ("warning", "tests.test_runs test_gone"),
        ("warning", "warning"),
    ]
    assert notes[1].place == samples.PLACE
    assert notes[1].message == "exit code is 1, expected 0\nhint: Is the tracking server up?"


def failing(*cases: Case, cwd: str = "/repo") -> Run:
    execution = Execution(("pytest",), cwd, (), samples.NOON, 1.0, 1)
    report = StepReport(Outcome.FAILED, cases=cases, executions=(execution,))
    step = StepResult("run", "pytest", report)
    return samples.run(samples.result("tests", "Tests", samples.attempt(Outcome.FAILED, step)))


TRACE = """
tests/test_x.py:6:
_ _ _ _
tests/test_x.py:6: in test_one
    helper(1)
tests/helpers.py:3: AssertionError
"""


def test_a_test_is_noted_at_its_own_line() -> None:
    case = Case("tests.test_x.TestOne", "test_one", Outcome.FAILED, 0.1, "assert 1 == 2", TRACE)
    note = notes_of(failing(case), {})[-1]
    assert note.place == Place("/repo/tests/test_x.py", 6, 1)
    assert note.title == "tests.test_x.TestOne test_one"
    assert note.message == "assert 1 == 2"


@pytest.mark.parametrize(
    "case",
    [
        Case("tests.test_y", "test_one", Outcome.FAILED, text=TRACE),
        Case("", "test_one", Outcome.FAILED, text=TRACE),
        Case("tests.test_x", "test_one", Outcome.FAILED, text=""),
    ],
)
def test_a_test_without_a_line_is_noted_at_its_row(case: Case) -> None:
    assert line_of_test(case, "") is None
    assert notes_of(failing(case), {})[-1].place == samples.PLACE


def test_a_vulnerability_is_noted_at_the_line_of_its_package() -> None:
    case = Case("mlflow", "CVE-2026-1", Outcome.FAILED, message="critical 9.8, no fix named")
    place = Place("requirements.txt", 7, 1)
    assert notes_of(failing(case), {"mlflow": place})[-1].place == place


def test_what_ran_nothing_or_was_interrupted_is_an_error() -> None:
    nothing = notes_of(samples.run(verdict=Outcome.SKIPPED), {})
    assert [one.title for one in nothing] == ["nothing ran"]
    cut = notes_of(replace(samples.run(), interrupted="SIGTERM"), {})
    assert "SIGTERM" in cut[0].message


# ---------------------------------------------------------------- GitHub


def many(level: str, number: int) -> tuple[Note, ...]:
    return tuple(Note(level, f"{level} {at}", "no") for at in range(number))  # type: ignore[arg-type]


def test_more_notes_than_a_step_may_show_are_counted() -> None:
    notes = (*many("warning", 30), *many("error", 12))
    shown = StepLog().read("\n".join(GitHub({}).note(notes))).annotations()
    assert len(shown) == 20
    assert shown[0] == "error title=error 0: no"
    assert shown[9] == "error title=More: and 3 errors more: the log and the summary have them"
    assert shown[19].endswith("and 21 warnings more: the log and the summary have them")
    assert len(list(GitHub({}).note(many("error", 10)))) == 10


def test_annotations_are_escaped_and_relative_to_the_workspace(tmp_path: Path) -> None:
    system = GitHub({"GITHUB_WORKSPACE": str(tmp_path)})
    note = Note("error", "a,b: 100%\n", "x\r\ny %", Place(str(tmp_path / "a,b.txt"), 3, 4))
    assert list(system.note((note,))) == [
        "::error file=a%2Cb.txt,line=3,col=4,title=a%2Cb%3A 100%25 ::x%0Ay %25"
    ]
    away = Note("error", "t", "m", Place("/elsewhere/x.py", 3, 4))
    assert next(iter(system.note((away,)))).startswith("::error file=/elsewhere/x.py,")


def test_outputs_and_summary(tmp_path: Path, live: Path) -> None:
    out, summary = tmp_path / "out", tmp_path / "summary"
    system = GitHub({"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(summary)})
    system.hand_over(product_of(samples.mixed(), live))
    assert outputs_of(out) == {
        "verdict": "errored",
        "failed": '["artifact-push","container"]',
        "junit": "analysis_outputs/live/verification/junit.xml",
    }
    assert summary.read_text() == "# FAILED\n"


def test_a_value_cannot_end_its_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = iter(["one", "two"])
    system = GitHub({"GITHUB_OUTPUT": str(out)}, token=lambda: next(words))
    system.hand_over(Product({"bundle": "a\nEOF\nverdict=passed", "failed": ""}))
    assert outputs_of(out) == {"bundle": "a\nEOF\nverdict=passed", "failed": ""}


def test_nothing_ran_is_said(live: Path) -> None:
    assert product_of(samples.run(verdict=Outcome.SKIPPED), live).values["verdict"] == "nothing ran"


def test_a_summary_over_the_limit_is_cut_at_a_line(tmp_path: Path) -> None:
    path, whole = tmp_path / "summary", tmp_path / "summary.md"
    path.write_text("before\n")
    whole.write_text("é line\n" * 200_000)
    GitHub({"GITHUB_STEP_SUMMARY": str(path)}).hand_over(Product({}, summary=whole))
    content = path.read_bytes()
    assert len(content) <= 1 << 20
    assert content.decode().endswith("é line\n\n_The summary is cut here: a step has 1 MiB. "
                                     "The whole is in the dossier._\n")  # fmt: skip
    path.write_bytes(b"x" * (1 << 20))
    GitHub({"GITHUB_STEP_SUMMARY": str(path)}).hand_over(Product({}, summary=whole))
    assert path.stat().st_size == 1 << 20


def test_a_file_that_cannot_be_written_is_told_and_nothing_more(tmp_path: Path, live: Path) -> None:
    system = GitHub({"GITHUB_OUTPUT": str(tmp_path / "gone/out")})
    text = play(system, live, stories.passed())
    assert f"warning: cannot write {tmp_path / 'gone/out'}: No such file or directory\n" in text


# ---------------------------------------------------------------- the others


def test_gitlab_and_buildkite_are_handed_nothing(live: Path) -> None:
    product = product_of(samples.mixed(), live)
    for system in (GitLab({}), Buildkite({})):
        assert [*system.hand_over(product), *system.note(product.notes)] == []


def test_what_a_system_borrows_says_nothing() -> None:
    silent = Silent({})
    section = Section("k", "t")
    assert [*silent.open_section(section), *silent.close_section(section)] == []


def test_a_section_of_gitlab_cannot_be_ended_by_output(live: Path) -> None:
    text = play(GitLab({}), live, stories.told())
    marks = re.findall(r"section_(start|end):\d+:([\w.-]+)(?:\[[^\]]*\])?\r\x1b\[0K", text)
    assert marks == [(word, key) for _, key in marks[::2] for word in ("start", "end")]


def test_azure_hands_over(live: Path) -> None:
    lines = list(Azure({}).hand_over(product_of(samples.mixed(), live)))
    assert "##vso[task.setvariable variable=verdict;isOutput=true;]errored" in lines
    assert f"##vso[task.uploadsummary]{(live / 'verification/summary.md').absolute()}" in lines
    note = Note("error", "t", "a%;]\nb", Place("a;b].py", 2, 1))
    where = "sourcepath=a%3Bb%5D.py;linenumber=2;columnnumber=1;"
    assert list(Azure({}).note((note,))) == [
        f"##vso[task.logissue type=error;{where}]t: a%AZP25;]%0Ab"
    ]


def test_teamcity_escapes() -> None:
    section = Section("k", "it's [a] | 日\U0001f600")
    assert list(TeamCity({}).open_section(section)) == [
        "##teamcity[blockOpened name='it|'s |[a|] || |0x65E5|0xD83D|0xDE00']"
    ]
