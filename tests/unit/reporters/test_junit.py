from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace
from support.shared import shared
from unit.reporters import samples

from runner.model import Assertion, Case, Outcome, Place, Result, Run, ServiceReport
from runner.reporters.base import Dialect
from runner.reporters.junit import write
from runner.reporters.junit.faults import kind_of
from runner.reporters.text import one_line

NASTY = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text(st.sampled_from("\x00\x0b\x1b[]>&<\"'\ud800\udcff\ufffe\u202e\r\n\t é日")),
    st.sampled_from(["]]>", "</failure>", "<!--", "&#0;", "<![CDATA[", " ", ""]),
    st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
)
SECONDS = st.floats(allow_nan=True, allow_infinity=True)
OUTCOMES = st.sampled_from(Outcome)


def written(run: Run, dialect: Dialect = "strict") -> bytes:
    stream = io.BytesIO()
    write(run, stream, dialect=dialect, rerun=samples.POINTERS.rerun)
    return stream.getvalue()


def parsed(run: Run, dialect: Dialect = "strict") -> ET.Element:
    return tree(written(run, dialect))


def tree(data: bytes) -> ET.Element:
    return ET.fromstring(data)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared("schemas/junit-10.xsd")))


def nodes(root: ET.Element) -> list[ET.Element]:
    return list(root.iter("testcase"))


def node(root: ET.Element, name: str) -> ET.Element:
    (found,) = [case for case in nodes(root) if case.get("name") == name]
    return found


def assert_counts_add_up(root: ET.Element) -> None:
    names = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    for suite in [root, *root.iter("testsuite")]:
        cases = nodes(suite)
        assert int(suite.attrib["tests"]) == len(cases)
        for attribute, tag in names.items():
            if attribute in suite.attrib:
                expected = sum(case.find(tag) is not None for case in cases)
                assert int(suite.attrib[attribute]) == expected
    keys = [(case.get("classname"), case.get("name")) for case in nodes(root)]
    assert len(keys) == len(set(keys))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    def case() -> Case:
        return Case(
            draw(NASTY), draw(NASTY), draw(OUTCOMES), draw(SECONDS), draw(NASTY), draw(NASTY)
        )

    def result() -> Result:
        cases = tuple(case() for _ in range(draw(st.integers(0, 3))))
        broken = Assertion(draw(NASTY), draw(NASTY), draw(NASTY), holds=False)
        attempts = [
            replace(
                samples.attempt(draw(OUTCOMES), samples.step(broken, cases=cases)),
                reason=draw(NASTY),
                hint=draw(NASTY),
                started=draw(NASTY),
                tail=draw(NASTY),
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        return Result(
            draw(NASTY),
            draw(NASTY),
            attempts[-1].outcome if attempts else draw(OUTCOMES),
            reason=draw(NASTY),
            hint=draw(NASTY),
            expect=draw(NASTY),
            place=Place(draw(NASTY), 1, 1),
            attempts=tuple(attempts),
            duration=draw(SECONDS),
            allow_failure=draw(st.booleans()),
        )

    service = ServiceReport(draw(NASTY), draw(OUTCOMES), draw(NASTY), draw(NASTY), tail=draw(NASTY))
    base = samples.run(
        *(result() for _ in range(draw(st.integers(0, 3)))),
        verdict=draw(OUTCOMES),
        services=(service,),
    )
    subject = replace(base.subject, package=draw(NASTY), version=draw(NASTY))
    return replace(
        base,
        subject=subject,
        stage=draw(NASTY),
        host=draw(NASTY),
        started=draw(NASTY),
        duration=draw(SECONDS),
        warnings=(draw(NASTY),),
    )


@settings(max_examples=60)
@given(runs())
def test_any_bytes_in_any_field_give_a_valid_report(schema: etree.XMLSchema, run: Run) -> None:
    strict = written(run)
    schema.assertValid(etree.fromstring(strict))
    assert_counts_add_up(tree(strict))
    assert_counts_add_up(parsed(run, "extended"))
    assert b"\x1b" not in strict


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1)))
def test_legal_names_come_back(names: list[str]) -> None:
    names = [name for name in names if name.strip() and one_line(name) == name]
    passed = samples.attempt(Outcome.PASSED)
    root = parsed(samples.run(*(samples.result("x", name, passed) for name in names)))
    found = [case.get("name", "") for case in nodes(root)]
    assert len(set(found)) == len(names)
    assert all(now.startswith(name) for now, name in zip(found, names, strict=True))
    if len(set(names)) == len(names) and not any(name.endswith(")") for name in names):
        assert found == names


@pytest.mark.parametrize("dialect", ["strict", "extended"])
def test_golden(dialect: Dialect) -> None:
    samples.compare(f"{dialect}.xml", written(samples.mixed(), dialect).decode())


def test_the_sample_is_valid(schema: etree.XMLSchema) -> None:
    schema.assertValid(etree.fromstring(written(samples.mixed())))
    assert not schema.validate(etree.fromstring(written(samples.mixed(), "extended")))


def test_names_are_unique_also_where_the_suffix_is_taken() -> None:
    passed = samples.attempt(Outcome.PASSED)
    names = ["x", "x", "x (2)", "x", "\x1b[1mx", "", "\n"]
    root = parsed(samples.run(*(samples.result("", name, passed) for name in names)))
    assert [case.get("name") for case in nodes(root)] == [
        "x",
        "x (2)",
        "x (2) (2)",
        "x (3)",
        "x (4)",
        "(unnamed)",
        "(unnamed) (2)",
    ]


def test_a_suffix_that_was_taken_before_is_passed_over() -> None:
    passed = samples.attempt(Outcome.PASSED)
    root = parsed(samples.run(*(samples.result("", name, passed) for name in ("x (2)", "x", "x"))))
    assert [case.get("name") for case in nodes(root)] == ["x (2)", "x", "x (3)"]


def test_a_flaky_pass_shows_its_earlier_attempts() -> None:
    found = node(parsed(samples.mixed()), "Sample audit 日本語 [red]")
    assert [child.tag for child in found] == ["flakyError", "flakyFailure"]
    assert found[0].get("type") == "timeout"


def test_a_repeated_failure_shows_the_last_attempt_first() -> None:
    found = node(parsed(samples.mixed()), "Artifact push")
    assert [child.tag for child in found] == ["failure", "rerunFailure"]
    text = found[0].text or ""
    assert "exit code: expected 0, actual 1" in text
    assert "hint: Is the tracking server up?" in text
    assert "rerun: runner run verification --only artifact-push" in text
    assert text.endswith("line 19\nConnection refused")


def test_an_allowed_failure_does_not_redden_the_report() -> None:
    run = samples.mixed()
    allowed = next(result for result in run.results if result.allow_failure)
    root = parsed(samples.run(allowed))
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    skipped = node(root, "Licences").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "failure allowed: exit code is 1, expected 0"
    inner = node(root, "test_old").find("skipped")
    assert inner is not None
    assert inner.get("message") == "failure allowed: assert 1 == 2"


@pytest.mark.parametrize("verdict", Outcome)
@pytest.mark.parametrize("interrupted", ["", "SIGINT"])
def test_the_report_is_red_exactly_when_the_run_is_not_passed(
    verdict: Outcome, interrupted: str
) -> None:
    skipped = Result("a", "A", Outcome.SKIPPED)
    failed = ServiceReport("db", Outcome.ERRORED)
    for services in ((), (failed,)):
        base = samples.run(skipped, verdict=verdict, services=services)
        root = parsed(replace(base, interrupted=interrupted))
        red = int(root.attrib["failures"]) + int(root.attrib["errors"])
        assert (red > 0) == (verdict is not Outcome.PASSED)


def test_nothing_ran_says_so() -> None:
    root = parsed(samples.run(verdict=Outcome.SKIPPED))
    error = node(root, "verdict").find("error")
    assert error is not None
    assert error.get("message") == "nothing ran"


def test_an_errored_check_without_attempts() -> None:
    broken = Result("a", "A", Outcome.ERRORED, "service db: not ready", "Start it.")
    error = node(parsed(samples.run(broken, verdict=Outcome.ERRORED)), "A").find("error")
    assert error is not None
    assert (error.get("type"), error.text) == (
        "errored",
        "service db: not ready\nhint: Start it.",
    )


def test_a_long_text_keeps_its_end() -> None:
    failed = samples.attempt(Outcome.FAILED, tail="x" * 50_000 + "END")
    error = parsed(samples.run(samples.result("a", "A", failed))).find(".//failure")
    assert error is not None
    assert error.text is not None
    assert len(error.text) < 17_000
    assert error.text.endswith("END")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("not_started", {"error": "no such file"}),
        ("timeout", {"stopped": "timeout", "signal": "SIGKILL"}),
        ("stopped", {"stopped": "something else"}),
        ("signal", {"signal": "SIGSEGV"}),
        ("failed", {}),
    ],
)
def test_types_are_stable_words(kind: str, fields: dict[str, str]) -> None:
    run = samples.execution(**fields)
    assert kind_of(samples.attempt(Outcome.FAILED, samples.step(executions=(run,)))) == kind


def test_types_of_findings() -> None:
    assertion = samples.step(samples.REFUSED, samples.HELD)
    assert kind_of(samples.attempt(Outcome.FAILED, assertion)) == "assertion"
    inner = samples.step(samples.REFUSED, cases=samples.CASES)
    assert kind_of(samples.attempt(Outcome.FAILED, inner)) == "test"


def test_texts_of_very_many_failures_share_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each keeps its beginning, which sums it up, and its end, where the cause stands."""
    monkeypatch.setattr("runner.reporters.junit.document._ROOM", 9_000)
    tail = "".join(f"line {number}\n" for number in range(1_000))
    bad = replace(samples.attempt(Outcome.FAILED, tail=tail), reason="it broke")
    root = parsed(samples.run(*(samples.result(f"c{n}", f"C{n}", bad) for n in range(10))))
    for case in nodes(root):
        body = case.findtext("failure") or ""
        assert 900 <= len(body) <= 950
        assert body.startswith("it broke\n")
        assert " characters left out\n" in body
        assert body.endswith("line 999")
    few = parsed(samples.run(samples.result("c", "C", bad)))
    assert len(node(few, "C").findtext("failure") or "") > 8_000


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write(samples.mixed(), path)
    before = path.read_bytes()
    assert tree(before).tag == "testsuites"

    def fail(_: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(samples.mixed(), str(path), rerun=fail)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write(samples.mixed(), tmp_path / "none" / "junit.xml")


def test_it_is_written_in_pieces() -> None:
    sizes = []

    class Stream(io.BytesIO):
        def write(self, data: object) -> int:
            sizes.append(len(bytes(data)))  # type: ignore[call-overload]
            return sizes[-1]

    cases = tuple(Case("c", f"test_{number}", Outcome.PASSED) for number in range(5000))
    result = samples.result("a", "A", samples.attempt(Outcome.PASSED, samples.step(cases=cases)))
    stream: BinaryIO = Stream()
    write(samples.run(result), stream)
    assert len(sizes) > 3
    assert max(sizes) < 70_000


def test_it_does_without_rich() -> None:
    code = "import sys, runner.reporters.junit; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
