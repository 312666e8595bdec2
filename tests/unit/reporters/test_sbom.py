"""Bills of materials: components, vulnerabilities, and how they came about."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from unit.advisories.records import advisory, record
from unit.reporters.snapshots import FLAW, HOSTILE, UNRATED, flawed, real, report, snapshot

from runner.advisories.findings import Advisory
from runner.advisories.severity import Severity, read_vector
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem
from runner.reporters.sbom import sbom

MLFLOW = "pkg:pypi/mlflow@3.6.0"
FOUR = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def written(snapshot: Snapshot) -> dict[str, Any]:
    """Give a bill that is valid."""
    data = sbom(snapshot)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode()) is None
    document = json.loads(data)
    assert isinstance(document, dict)
    return document


def only(snapshot: Snapshot) -> dict[str, Any]:
    (found,) = written(snapshot)["vulnerabilities"]
    assert isinstance(found, dict)
    return found


def properties(thing: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in thing.get("properties", ())}


def test_components_have_their_urls() -> None:
    document = written(flawed(FLAW, torch="2.9.0+cu128"))
    assert [(one["purl"], one["bom-ref"]) for one in document["components"]] == [
        (MLFLOW, MLFLOW),
        ("pkg:pypi/torch@2.9.0%2Bcu128", "pkg:pypi/torch@2.9.0%2Bcu128"),
    ]


def test_nothing_is_said_of_who_needs_whom() -> None:
    assert "dependencies" not in written(flawed(FLAW))


def test_it_tells_what_was_scanned_and_by_what() -> None:
    metadata = written(flawed(FLAW))["metadata"]
    assert metadata["component"]["name"] == "deployment/mlflow/requirements.txt"
    assert metadata["timestamp"] == "2026-11-22T13:00:00+01:00"
    assert metadata["tools"]["components"][0]["name"] == "Upgrade Runner"
    told = properties(metadata)
    assert told["upgrade-runner:release"] == "mlflow 3.6.0"
    assert told["upgrade-runner:commit"] == "c0ffee"
    assert told["upgrade-runner:source:osv:database:modified"] == "2026-01-01T00:00:00Z"
    assert "upgrade-runner:origin" not in told


def test_an_image_is_named_by_its_reference_and_digest() -> None:
    told = flawed(FLAW)
    digest = "sha256:" + "0a" * 32
    inside = replace(told.inventory, method="image", image="example/mlflow:v3.6.0", digest=digest)
    root = written(replace(told, inventory=inside))["metadata"]["component"]
    assert root == {
        "bom-ref": "subject",
        "name": "example/mlflow:v3.6.0",
        "type": "container",
        "version": digest,
    }


def test_what_was_not_looked_at_is_told() -> None:
    told = report(
        advisory(FLAW), skipped={"zipp": "no record"}, problems=(Problem("a.json", "not JSON"),)
    )
    document = written(snapshot(told, zipp="3.23.0"))
    components = {one["name"]: properties(one) for one in document["components"]}
    assert components == {"mlflow": {}, "zipp": {"upgrade-runner:skipped-by:osv": "no record"}}
    metadata = properties(document["metadata"])
    assert metadata["upgrade-runner:source:osv:skipped"] == "1"
    assert metadata["upgrade-runner:source:osv:unreadable"] == "1"


def test_a_vulnerability_has_its_facts() -> None:
    assert only(flawed(FLAW)) == {
        "advisories": [{"url": "https://example.org/a"}],
        "affects": [{"ref": MLFLOW, "versions": [{"status": "affected", "version": "3.6.0"}]}],
        "bom-ref": f"{MLFLOW}#CVE-2026-10",
        "cwes": [79, 1393],
        "id": "CVE-2026-10",
        "published": "2026-01-02T00:00:00+00:00",
        "ratings": [
            {
                "method": "CVSSv31",
                "score": 9.8,
                "severity": "critical",
                "source": {"name": "osv"},
                "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            }
        ],
        "recommendation": "Upgrade mlflow to 3.9.0.",
        "references": [
            {
                "id": "GHSA-aaaa-bbbb-cccc",
                "source": {
                    "name": "GitHub Advisory Database",
                    "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
                },
            },
            {
                "id": "PYSEC-2026-7",
                "source": {
                    "name": "Python Packaging Advisory Database",
                    "url": "https://osv.dev/vulnerability/PYSEC-2026-7",
                },
            },
        ],
        "source": {
            "name": "CVE Program",
            "url": "https://www.cve.org/CVERecord?id=CVE-2026-10",
        },
        "updated": "2026-01-01T00:00:00+00:00",
    }


def test_nothing_is_made_up_where_nothing_is_said() -> None:
    found = only(flawed(UNRATED))
    assert found["ratings"] == [{"severity": "unknown"}]
    assert found["source"] == {"name": "osv"}
    assert not {"recommendation", "published", "cwes", "references"} & set(found)


def test_a_vector_that_cannot_be_scored_is_kept() -> None:
    found = only(flawed({**FLAW, "severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N"}]}))
    (rating,) = found["ratings"]
    assert (rating["severity"], rating["vector"]) == ("unknown", "AV:N/AC:L/Au:N")
    assert "score" not in rating


def test_each_source_gives_its_rating() -> None:
    four = {**record("GHSA-aaaa-bbbb-cccc"), "severity": [{"type": "CVSS_V4", "score": FOUR}]}
    told = (report(advisory(FLAW)), report(advisory(four), source="pip-audit"))
    ratings = only(snapshot(*told))["ratings"]
    assert {(one["source"]["name"], one["method"], one["score"]) for one in ratings} == {
        ("osv", "CVSSv31", 9.8),
        ("pip-audit", "CVSSv4", 9.3),
    }


def test_a_score_without_a_vector_is_a_rating_too() -> None:
    intervals = advisory(FLAW).intervals
    scored = Advisory("A-1", "mlflow", intervals=intervals, severity=Severity(7.5, "high"))
    (rating,) = only(snapshot(report(scored)))["ratings"]
    assert rating == {"score": 7.5, "severity": "high", "source": {"name": "osv"}}


def test_times_without_an_offset_are_left_out() -> None:
    told = Advisory(
        "A-1",
        "mlflow",
        intervals=advisory(FLAW).intervals,
        published="2026-01-01T00:00:00",
        modified="yesterday",
    )
    assert not {"published", "updated"} & set(only(snapshot(report(told))))


def test_without_vulnerabilities_the_components_are_still_there() -> None:
    document = written(flawed(record("CVE-1", [{"introduced": "9"}])))
    assert [one["name"] for one in document["components"]] == ["mlflow"]
    assert "vulnerabilities" not in document


def test_no_text_breaks_it() -> None:
    odd = Advisory(
        HOSTILE,
        "mlflow",
        (HOSTILE + "2", "GHSA-" + HOSTILE),
        advisory(FLAW).intervals,
        severity=read_vector(HOSTILE),
        cwe=(HOSTILE,),
        references=(HOSTILE, f"https://{HOSTILE}"),
    )
    told = report(odd, skipped={"zipp": HOSTILE})
    document = written(snapshot(told, subject=HOSTILE, zipp="1"))
    text = json.dumps(document, ensure_ascii=False)
    assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(text)


def test_equal_snapshots_give_equal_bytes() -> None:
    assert sbom(real("3.6.0")) == sbom(real("3.6.0"))


def test_the_serial_number_is_of_the_content() -> None:
    serials = {written(one)["serialNumber"] for one in (flawed(FLAW), flawed(UNRATED))}
    assert len(serials) == 2


@pytest.mark.parametrize(("version", "count"), [("3.6.0", 28), ("3.17.2", 1)])
def test_the_facts_that_are_shipped(version: str, count: int) -> None:
    assert len(written(real(version))["vulnerabilities"]) == count


def test_the_library_is_imported_only_for_a_bill() -> None:
    program = "import sys, runner.reporters.sbom; print('cyclonedx' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert printed.stdout == b"False\n"
