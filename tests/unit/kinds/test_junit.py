"""Reports of unknown origin: read within bounds, or refused with a reason."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.kinds import junit
from runner.kinds.junit import JunitReport, ReportError, parse, read_bytes
from runner.model import Outcome


def plain(text: str) -> str:
    return text


def suite(cases: str, tests: int = 1, failures: int = 0, errors: int = 0) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}"'
    return f'<testsuite name="pytest" {counts}>{cases}</testsuite>'


def read(text: str) -> JunitReport:
    return parse(text.encode(), plain)


def test_outcomes() -> None:
    report = read(
        "<testsuites>"
        + suite(
            '<testcase classname="a" name="ok" time="0.5"/>'
            '<testcase classname="a" name="no" time="x"><failure message="m&#10;n">T</failure>'
            '<failure message="second">U</failure></testcase>'
            '<testcase classname="a" name="e" time="-1"><skipped/><error message="E"/></testcase>'
            '<testcase classname="a" name="s" time="inf"><skipped message="why"/>'
            "<system-out>not kept</system-out></testcase>",
            tests=5,
            failures=2,
            errors=1,
        )
        + suite('<testcase classname="a" name="ok"/>')
        + "</testsuites>"
    )
    assert [case.outcome.value for case in report.cases] == [
        *("passed", "failed", "errored", "skipped", "passed")
    ]
    assert [case.duration for case in report.cases] == [0.5, 0, 0, 0, 0]
    assert (report.cases[1].message, report.cases[1].text) == ("m", "TU")
    assert (report.cases[3].message, report.cases[3].text) == ("why", "")
    assert (report.ran, report.counted, report.troubled) == (4, 6, 3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cut short or not XML: no element found"),
        ("<testsuites>", "cut short or not XML"),
        (suite("<testcase name='a'/>")[:-8], "cut short or not XML"),
        ("<testsuites/>\n<testsuites/>", "cut short or not XML: junk"),
        ("<html/>", "begins with <html>"),
        ("<testcase/>", "begins with <testcase>"),
        ("<testsuite/>", "does not count its tests"),
        ('<testsuite tests="1" errors="0"/>', "does not count its failures"),
        ('<testsuite tests="-1" failures="0" errors="0"/>', "does not count its tests"),
        ('<testsuite tests="99999999999" failures="0" errors="0"/>', "does not count its tests"),
        ('<?xml version="1.0" encoding="nope"?><testsuites/>', "cut short or not XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites/>", "document type"),
        ("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x'><testsuites/>", "document type"),
        (suite('<testcase name="\x01"/>'), "not well-formed"),
    ],
)
def test_what_cannot_be_believed(text: str, why: str) -> None:
    with pytest.raises(ReportError, match=why):
        read(text)


def test_a_doctype_in_another_encoding_is_refused() -> None:
    text = "<!DOCTYPE a [<!ENTITY b 'c'>]><testsuites/>"
    with pytest.raises(ReportError, match="document type"):
        parse(text.encode("utf-16"), plain)


def test_long_texts_lose_their_middle() -> None:
    long = "a" * 10_000 + "b" * 10_000
    text = f'<testcase name="{"n" * 5000}"><failure message="{"m" * 5000}">{long}</failure>'
    (case,) = read(suite(text + "</testcase>")).cases
    assert case.text.startswith("aaaa")
    assert case.text.endswith("bbbb")
    assert "… 3616 characters left out …" in case.text
    assert len(case.name) == 1000
    assert len(case.message) < 600


def test_secrets_are_hidden_before_anything_is_cut() -> None:
    def redact(text: str) -> str:
        return text.replace("hunter22", "[x]")

    trace = "a" * (4 * 1024 - 4) + "hunter22" + "b" * 20_000
    text = (
        f"<testcase classname='hunter22' name='hunter22'><error message='hunter22'>{trace}</error>"
    )
    report = parse(suite(text + "</testcase>").encode(), redact)
    assert "hunt" not in repr(report)


def test_too_many_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "CASE_LIMIT", 2)
    with pytest.raises(ReportError, match="more than 2 cases"):
        read(suite("<testcase name='a'/>" * 3))


def test_files_that_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportError, match="no report was written"):
        read_bytes(tmp_path / "absent")
    with pytest.raises(ReportError, match="not a regular file"):
        read_bytes(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReportError, match="not a regular file"):
        read_bytes(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(ReportError, match="not a regular file"):
        read_bytes(tmp_path / "link")
    (tmp_path / "file").write_bytes(b"12345")
    with pytest.raises(ReportError, match="cannot be read"):
        read_bytes(tmp_path / "file" / "below")
    monkeypatch.setattr(junit, "SIZE_LIMIT", 4)
    with pytest.raises(ReportError, match="larger than"):
        read_bytes(tmp_path / "file")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    with suppress(ReportError):
        parse(b"<testsuites>" + content + b"</testsuites>", plain)


@given(st.sampled_from(list(Outcome)))
def test_of_gives_only_that_outcome(outcome: Outcome) -> None:
    report = read(suite("<testcase name='a'/><testcase name='b'><skipped/></testcase>"))
    assert all(case.outcome is outcome for case in report.of(outcome))
