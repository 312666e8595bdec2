from __future__ import annotations

import json
from typing import Any

import pytest
from support.shared import shared
from unit.advisories.safety_door import Json, dependency, file, flaw, report, scan, specification

from runner.advisories.severity import UNRATED, Severity
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.safety.check_report import read_check
from runner.advisories.sources.safety.scan_report import read_scan
from runner.advisories.sources.safety.told import Flaw, Told

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def read(**more: Any) -> Flaw:  # noqa: ANN401 - any JSON
    return read_check(json.dumps(report(flaw(**more))).encode()).flaws[0]


def test_a_report_of_safety_2_is_read() -> None:
    told = read_check(shared("fixtures/safety-2.3.5-check.json").read_bytes())
    assert (told.version, told.scanned) == ("2.3.5", {"mlflow": "3.6.0"})
    expected = Flaw("1", "mlflow", "3.6.0", ("<3.9.0",), aliases=("CVE-2024-37059",))
    assert told.flaws[0].specs == expected.specs
    assert told.flaws[0].aliases == expected.aliases


def test_a_report_of_safety_3_is_read() -> None:
    told = read_check(shared("fixtures/safety-3.7.0-save-json.json").read_bytes())
    assert (told.version, told.scanned, told.local) == (
        "3.7.0",
        {"mlflow": "3.6.0"},
        "work/mydb",
    )
    assert told.flaws[0].id == "pyup.io-1"
    assert told.flaws[0].specs == ("<3.9.0",)


def test_banners_around_a_report_are_refused() -> None:
    data = shared("fixtures/safety-3.7.0-check-stdout-polluted.txt").read_bytes()
    with pytest.raises(SourceError, match="cut short, or no JSON"):
        read_check(data)


def test_the_report_of_another_tool_is_refused() -> None:
    data = shared("fixtures/pip-audit-skipped.json").read_bytes()
    for reader in (read_check, read_scan):
        with pytest.raises(SourceError, match="is no report of `safety"):
            reader(data)


@pytest.mark.parametrize("reader", [read_check, read_scan])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_report_is_refused(reader: Any, data: bytes) -> None:  # noqa: ANN401 - either
    with pytest.raises(SourceError) as told:
        reader(data)
    assert told.value.hint


def test_every_cut_of_a_report_is_refused() -> None:
    data = json.dumps(report(flaw())).encode()
    for end in range(len(data)):
        with pytest.raises(SourceError):
            read_check(data[:end])


@pytest.mark.parametrize(
    "number", ["packages_found", "vulnerabilities_found", "vulnerabilities_ignored"]
)
def test_a_report_that_contradicts_its_numbers_is_refused(number: str) -> None:
    told = report(flaw())
    told["report_meta"][number] = 2
    with pytest.raises(SourceError, match="contradicts itself"):
        read_check(json.dumps(told).encode())


def test_what_a_message_quotes_is_harmless() -> None:
    data = json.dumps(scan(scan_type="\x1b[31m" + "x" * 999)).encode()
    with pytest.raises(SourceError) as told:
        read_scan(data)
    assert told.value.message.isprintable()
    assert len(told.value.message) < 300


def test_what_safety_ignores_is_told_as_well() -> None:
    data = json.dumps(report(flaw("A"), ignored=(flaw("B", ignored=True),))).encode()
    assert [one.id for one in read_check(data).flaws] == ["A", "B"]


def test_all_specifiers_count_and_one_need_not_be_a_list() -> None:
    assert read(vulnerable_spec="<2", all_vulnerable_specs=["<1", "<2"]).specs == ("<1", "<2")
    assert read(vulnerable_spec=["<3"], all_vulnerable_specs=["<1"]).specs == ("<1", "<3")


def test_other_names_dates_and_links_are_told() -> None:
    one = read(
        CVE="CVE-2026-1",
        severity={"source": "PVE-1", "cvssv2": None, "cvssv3": None},
        published_date="2026-01-01",
        more_info_url="https://a",
        resources=["https://b"],
    )
    assert one.aliases == ("CVE-2026-1", "PVE-1")
    assert (one.published, one.links) == ("2026-01-01", ("https://a", "https://b"))


@pytest.mark.parametrize(
    ("cvss", "expected"),
    [
        ({"vector_string": VECTOR}, Severity(9.8, "critical", VECTOR)),
        ({"vector_string": VECTOR, "base_score": 1.0}, Severity(9.8, "critical", VECTOR)),
        ({"base_score": 7.5, "base_severity": "HIGH"}, Severity(7.5, "high")),
        ({"base_score": "7.5", "base_severity": "HIGH"}, Severity(7.5, "high")),
        ({"base_score": "high", "base_severity": "HIGH"}, UNRATED),
        ({"base_score": 7.5, "base_severity": "odd"}, UNRATED),
        ({"base_score": 75, "base_severity": "HIGH"}, UNRATED),
        ({"vector_string": "odd"}, Severity(vector="odd")),
        ({}, UNRATED),
        (None, UNRATED),
    ],
)
def test_severities_are_told(cvss: object, expected: Severity) -> None:
    assert read(severity={"source": None, "cvssv2": None, "cvssv3": cvss}).severity == expected


def told_by_scan(*files: Json) -> Told:
    return read_scan(json.dumps(scan(*files)).encode())


def test_a_handmade_report_of_scan_is_read() -> None:
    plain = {"id": "77744", "ignored": None, "vulnerable_spec": "<3.9.0"}
    ignored = {"id": "77745", "ignored": {"code": "manual"}, "vulnerable_spec": ">=2"}
    told = told_by_scan(file(dependency(specification("mlflow==3.6.0", plain, ignored))))
    assert (told.version, told.local, told.scanned) == ("3.7.0", "", {"mlflow": "3.6.0"})
    assert told.flaws == (
        Flaw("77744", "mlflow", "3.6.0", ("<3.9.0",)),
        Flaw("77745", "mlflow", "3.6.0", (">=2",)),
    )


@pytest.mark.parametrize(
    ("raws", "version"),
    [
        (["mlflow == 1!2.0+corp"], "1!2.0+corp"),
        (["mlflow>=3"], ""),
        (["mlflow==3.*"], ""),
        (["mlflow==3,<4"], ""),
        (["mlflow==3", "mlflow==4"], ""),
        (["mlflow==3", "mlflow"], ""),
    ],
)
def test_only_one_pin_of_a_dependency_is_a_version(raws: list[str], version: str) -> None:
    told = told_by_scan(file(dependency(*map(specification, raws))))
    assert told.scanned == {"mlflow": version}


@pytest.mark.parametrize("files", [(), (file(), file())])
def test_a_scan_of_other_than_one_file_is_refused(files: tuple[Json, ...]) -> None:
    projects = {**scan(), "scan_results": {"files": [], "projects": [{"files": files}]}}
    with pytest.raises(SourceError, match=f"looked at {len(files)} files"):
        read_scan(json.dumps(projects).encode())
