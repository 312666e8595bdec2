"""Summaries: what they tell, how they are shortened, and that no text breaks them."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from unit.advisories.records import advisory
from unit.reporters import samples
from unit.reporters.snapshots import CRITICAL, FLAW, HOSTILE, UNRATED, flawed
from unit.reporters.test_scans import put, scan

from runner.advisories.comparison import compare
from runner.advisories.diff_document import encode_diff
from runner.advisories.judgement import judge
from runner.advisories.locks.diff import diff
from runner.advisories.locks.diff import encode as encode_locks
from runner.advisories.policy import Policy
from runner.advisories.waivers import Waiver
from runner.engine.dossier import Dossier
from runner.errors import DossierError
from runner.model import Artifact, Assertion, Case, Outcome, Run, StepReport, StepResult
from runner.reporters.base import Context
from runner.reporters.markdown import COMMENT, STEP_SUMMARY, report, summary
from runner.reporters.markdown.folding import SHORTENED, Form, Limit, Section, fold
from runner.reporters.markdown.text import block, code, plain

CONTEXT = Context(before="3.5.0")
RERUN = ("runner", "validate")
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text(st.sampled_from("`|<>\\*_[]()#!~@:&\n\r\t\u2028 -=.1aé")),
    st.sampled_from(
        [
            "</details>", "<script>alert(1)</script>", "```\n# no", "|---|", "\n\n## no", "@owner",
            "::error::no", "##[error]no", "a\n::add-mask::b", "![x](http://y)", "[x]: y", "~~~",
            "<!--", "`", "``", "\\", "\\|", "    code", "1. a", "- a", "> a", "<http://a.b>",
        ]
    ),
)  # fmt: skip


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    made = Dossier(tmp_path / "out")
    made.live.mkdir(parents=True)
    return made


def mixed() -> Run:
    return replace(samples.mixed(), rerun=RERUN)


def test_a_run_with_everything(dossier: Dossier) -> None:
    text = summary(mixed(), dossier, CONTEXT)
    samples.compare("summary.md", text)
    report(mixed(), dossier, CONTEXT)
    assert (dossier.live / "verification/summary.md").read_text() == text


def test_a_green_run_is_short(dossier: Dossier) -> None:
    run = samples.run(samples.result("a", "A", samples.attempt(Outcome.PASSED)))
    text = summary(run, dossier, Context())
    assert text.startswith("## ✅ mlflow 3.6.0: verification passed\n\n**1 passed** in 31.2 s")
    assert "###" not in text


def test_nothing_ran_is_no_success(dossier: Dossier) -> None:
    text = summary(samples.run(verdict=Outcome.SKIPPED), dossier, Context())
    assert text.startswith("## ⚠️ mlflow 3.6.0: verification nothing ran")
    assert "**no checks**" in text


def test_what_happened_to_the_run_is_told(dossier: Dossier) -> None:
    subject = replace(samples.SUBJECT, dirty=True, profile="docker")
    run = replace(mixed(), subject=subject, interrupted="SIGINT")
    text = summary(run, dossier, Context())
    for told in ("changes that are not committed", "profile `docker`", "interrupted by SIGINT",
                 "only 6 of 9 checks were selected", "the work tree has changes"):  # fmt: skip
        assert told in text
    outside = replace(run, subject=replace(subject, commit=""), rerun=())
    assert "no commit" in summary(outside, dossier, Context())
    assert "Rerun" not in summary(outside, dossier, Context())


def compared(dossier: Dossier) -> Run:
    """Give a run that scanned, with a comparison in which each kind of change is there."""
    before = flawed(FLAW, UNRATED, idna="3.0")
    later = {**FLAW, "id": "NEW-1", "aliases": [], "affected": UNRATED["affected"]}
    after = flawed(FLAW, UNRATED, later, mlflow="3.9.0", urllib3="2.0")
    waivers = tuple(
        Waiver(name, "mlflow", ">=3", "not | served", "ML `Lead`", date(2030, 1, 1), "w.yaml:1:1")
        for name in ("NEW-1", "CVE-1-1")
    )
    comparison = compare(before, after)
    judgement = judge(
        Policy(packages=("mlflow",)), after, comparison, waivers, datetime(2026, 11, 1, tzinfo=UTC)
    )
    (dossier.live / "locks").mkdir()
    recorded = (
        put(dossier, "safety-diff.json", encode_diff(comparison, judgement)),
        put(dossier, "locks/diff.json", encode_locks(diff(before.inventory, after.inventory))),
    )
    return with_step(scan(*recorded))


def with_step(step: StepResult) -> Run:
    return samples.run(samples.result("scan", "Scan", samples.attempt(Outcome.PASSED, step)))


def test_findings_are_told_by_what_became_of_them(dossier: Dossier) -> None:
    text = summary(compared(dossier), dossier, CONTEXT)
    samples.compare("summary-findings.md", text)
    assert "1 gone (1 fixed)" in text
    assert "| CVE-2026-10 in mlflow 3.6.0 | critical 9.8 | fixed |" in text
    assert "NEW-1 in mlflow" in text
    assert "not \\| served" in text
    assert "unused" in text
    assert "| mlflow | 3.6.0 | 3.9.0 | minor, up |" in text
    assert "| idna | 3.0 | — | removed |" in text
    assert "| urllib3 | — | 2.0 | added |" in text


def test_a_scan_without_a_baseline_tells_what_the_gate_said(dossier: Dossier) -> None:
    cases = (
        Case("mlflow", "CVE-1", Outcome.FAILED, message="is tracked"),
        Case("mlflow", "CVE-2", Outcome.SKIPPED, message="waived by ML Lead"),
        Case("mlflow", "CVE-3", Outcome.PASSED),
    )
    text = summary(with_step(scan(cases=cases)), dossier, CONTEXT)
    assert "**3 findings**; there is no baseline" in text
    assert "| CVE-1 in mlflow | forbidden | is tracked |" in text
    assert "| CVE-2 in mlflow | waived |" in text
    assert "| CVE-3 in mlflow | allowed |" in text


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"["])
def test_a_recorded_comparison_that_cannot_be_read_is_named(
    dossier: Dossier, content: bytes
) -> None:
    run = with_step(scan(put(dossier, "safety-diff.json", content)))
    with pytest.raises(DossierError, match=r"safety-diff\.json cannot be read"):
        summary(run, dossier, CONTEXT)
    (dossier.live / "safety-diff.json").write_bytes(b"other")
    with pytest.raises(DossierError, match="is not what was recorded"):
        summary(run, dossier, CONTEXT)


def shape(text: str) -> list[str]:
    """Give the form of a document: every token that is not plain text, with its tag."""
    found = []
    for token in PARSER.parse(text):
        parts = token.children or [token]
        found += [f"{one.type} {one.tag}" for one in parts if one.type != "text"]
    return found


def hostile(text: str) -> Run:
    """Give a run with a text in every field that others can fill."""
    attempt = replace(
        samples.attempt(
            Outcome.FAILED,
            samples.step(
                Assertion(f"w{text}", f"e{text}", f"a{text}", holds=False),
                cases=(Case(f"c{text}", f"n{text}", Outcome.FAILED, message=f"m{text}"),),
            ),
        ),
        tail=f"t{text}t\nt",
        log=Artifact(f"verification/logs/{text}.log", 1, "0" * 64),
    )
    result = samples.result(
        "x", f"A{text}", attempt, reason=f"r{text}", hint=f"h{text}", expect=f"e{text}"
    )
    subject = replace(samples.SUBJECT, profile=f"p{text}", playbook=f"b{text}")
    return replace(
        samples.run(result, verdict=Outcome.FAILED),
        subject=subject,
        rerun=("runner", f"v{text}"),
        warnings=(f"w{text}",),
    )


@given(NASTY)
@settings(max_examples=300)
def test_no_text_changes_the_form(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    made = Dossier(tmp_path_factory.getbasetemp() / "none")
    written = summary(hostile(text), made, CONTEXT)
    assert shape(written) == shape(summary(hostile("x"), made, CONTEXT))
    for line in written.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    written.encode()


@given(NASTY)
def test_plain_text_is_only_text(text: str) -> None:
    (_, inline, _) = PARSER.parse(f"x {plain(text)} x")
    assert {one.type for one in inline.children or ()} == {"text"}


def test_names_notify_nobody_and_no_line_is_a_command() -> None:
    assert plain("@owner") == "@\u200bowner"
    assert plain(" ::error::no") == " : :error::no"
    assert code("a.py::test_b") == "`a.py::test_b`"
    assert block("x\n\t::stop::y\n##[group]") == "```text\nx\n\t: :stop::y\n# #[group]\n```"


@given(NASTY)
def test_code_is_one_span_and_a_block_one_block(text: str) -> None:
    (_, inline, _) = PARSER.parse(f"x {code(text)} x")
    assert {one.type for one in inline.children or ()} <= {"text", "code_inline"}
    assert [one.type for one in PARSER.parse(block(text))] == ["fence"]


def test_hostile_findings_do_not_get_out_of_their_cells(dossier: Dossier) -> None:
    cases = (Case(HOSTILE, HOSTILE, Outcome.FAILED, message=HOSTILE),)
    text = summary(with_step(scan(cases=cases)), dossier, CONTEXT)
    mild = (Case("a", "b", Outcome.FAILED, message="c"),)
    calm = summary(with_step(scan(cases=mild)), dossier, CONTEXT)
    assert shape(text) == shape(calm)


def large(count: int) -> Run:
    tail = "".join(f"line {number} of the log 日本語\n" for number in range(60))
    step = samples.step(samples.LONG)
    bad = samples.attempt(Outcome.FAILED, step, tail=tail)
    good = samples.attempt(Outcome.PASSED)
    results = [
        samples.result(f"c{number}", f"Check {number}", bad if number % 2 else good)
        for number in range(count)
    ]
    return replace(samples.run(*results, verdict=Outcome.FAILED), rerun=RERUN)


@pytest.mark.parametrize("limit", [STEP_SUMMARY, COMMENT, Limit(3_000, 3_000)])
@pytest.mark.parametrize("count", [10, 300, 10_000])
def test_no_summary_is_too_long(dossier: Dossier, limit: Limit, count: int) -> None:
    text = summary(large(count), dossier, CONTEXT, limit)
    assert len(text) <= limit.characters
    assert len(text.encode()) <= limit.bytes
    assert text.startswith("## ❌ mlflow 3.5.0 → 3.6.0: verification failed")
    assert f"{count // 2} failed" in text
    whole = summary(large(count), dossier, CONTEXT, Limit(1 << 40, 1 << 40))
    fits = len(whole) <= limit.characters and len(whole.encode()) <= limit.bytes
    assert (text == whole) is fits
    assert (SHORTENED in text) is not fits


def test_of_very_many_checks_most_are_counted(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("_MOST_ROWS", 3), ("_MOST_STORIES", 2), ("_MOST_NAMED", 4)):
        monkeypatch.setattr(sys.modules["runner.reporters.markdown.checks"], name, most)
    text = summary(large(12), dossier, CONTEXT, Limit(1 << 30, 1 << 30))
    assert SHORTENED not in text
    assert text.count("| ❌ failed |") == 3
    assert "| ✅ passed |" not in text
    assert "3 more checks did not pass.\n\n6 other checks passed.\n" in text
    assert text.count("### ❌ Check ") == 2
    assert text.count("- ❌ Check ") == 2
    assert "2 more checks did not pass: `junit.xml` tells of each." in text


def test_the_least_important_goes_first(dossier: Dossier) -> None:
    whole = summary(large(40), dossier, CONTEXT)
    before: set[str] = {"| ✅ passed |", "line 3 of", "line 59 of", "Rerun", "| ❌ failed |"}
    gone = []
    for size in range(len(whole), 500, -200):
        text = summary(large(40), dossier, CONTEXT, Limit(size, 1 << 30))
        lost = sorted(one for one in before if one not in text)
        gone += lost
        before -= set(lost)
    assert gone == ["| ✅ passed |", "line 3 of", "line 59 of", "Rerun", "| ❌ failed |"]


def test_sections_are_cut_from_the_end() -> None:
    sections = [Section((Form(name * 100, 1), Form(name, 2), Form(""))) for name in "abc"]
    whole = "".join(f"{name * 100}\n\n" for name in "abc")
    assert fold(sections, Limit(306, 306)) == whole
    cut = fold(sections, Limit(305, 1000))
    assert cut == f"{'a' * 100}\n\n{'b' * 100}\n\nc\n\n{SHORTENED}\n\n"
    assert fold(sections, Limit(1, 1)) == f"{SHORTENED}\n\n"
    wide = [Section((Form("é" * 100, 1), Form("")))]
    assert fold(wide, Limit(1000, 201)) == f"{SHORTENED}\n\n"


def test_the_facts_of_the_samples_are_what_they_seem() -> None:
    assert advisory(FLAW).severity.vector == CRITICAL
    assert StepReport(Outcome.PASSED).cases == ()
