"""Comparisons as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from unit.advisories.snapshots import real, report, scan, snapshot, span_of, told
from unit.advisories.test_waivers import WAIVER

from runner.advisories.comparison import Comparison, compare
from runner.advisories.diff_document import encode_diff, schema
from runner.advisories.diff_shapes import DiffDocument
from runner.advisories.judgement import Judgement, judge
from runner.advisories.policy import Policy
from runner.advisories.snapshot import Snapshot

NOW = datetime(2026, 6, 2, tzinfo=UTC)
FIXED = told("A-1", "CVE-2026-1", events=span_of("3", fixed="3.7"))
STOPS = told("B-1", "CVE-2026-1", events=span_of("3", last_affected="3.6.0"))


def document(comparison: Comparison, judgement: Judgement | None = None) -> Any:  # noqa: ANN401
    found = json.loads(encode_diff(comparison, judgement))
    Draft202012Validator(schema()).validate(found)
    return found


def judged(before: Snapshot, after: Snapshot, *ids: str) -> Any:  # noqa: ANN401 - any JSON
    comparison = compare(before, after)
    waivers = [replace(WAIVER, id="A-2"), replace(WAIVER, id="A-9", expires=date(2026, 1, 1))]
    judgement = judge(Policy(ids=ids), after, comparison, waivers, NOW)
    return document(comparison, judgement)["judgement"]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$id"] == "urn:upgrade-runner:safety-diff:1"


def test_a_real_upgrade() -> None:
    found = document(compare(real("3.6.0"), real("3.17.2")))
    assert found["format"] == "upgrade-runner/safety-diff/1"
    assert found["totals"] == {
        "new": 0,
        "remaining": 1,
        "gone": {
            "fixed": 24,
            "out of range": 3,
            "package removed": 0,
            "unknown": 0,
            "withdrawn": 0,
        },
    }
    assert [one["after"]["id"] for one in found["remaining"]] == ["CVE-2026-96775"]
    assert (found["before"]["version"], found["after"]["version"]) == ("3.6.0", "3.17.2")
    assert found["after"]["sources"][0]["database"]["timestamp"] == "2026-11-22T00:00:00Z"
    assert found["judgement"] is None


def test_sources_that_differ_stand_with_both_ranges() -> None:
    before = snapshot(report("osv", FIXED), report("safety", STOPS), report("pip-audit", FIXED))
    after = snapshot(report("osv", FIXED), report("safety", STOPS), mlflow="3.9")
    (gone,) = document(compare(before, after))["gone"]
    assert (gone["reason"], gone["disagreement"]) == ("out of range", True)
    ranges = {name: one["before"][0]["ranges"] for name, one in gone["accounts"].items()}
    assert ranges == {
        "osv": [{"introduced": "3", "fixed": "3.7"}],
        "safety": [{"introduced": "3", "last_affected": "3.6.0"}],
    }
    assert gone["unasked"] == {"pip-audit": "it was not asked again"}
    assert gone["accounts"]["osv"]["now"] == gone["accounts"]["osv"]["before"]


def test_new_ones_stand_with_their_cause() -> None:
    found = document(compare(scan(), scan(told("A-1"))))
    (new,) = found["new"]
    assert (new["vulnerability"]["id"], new["cause"]) == ("A-1", "advisory published")


def test_what_makes_the_scans_unlike_is_noted() -> None:
    found = document(compare(scan(), snapshot(report(), report("safety"))))
    assert found["notes"] == ["safety was asked after and not before"]


def test_the_judgement_stands_beside_it() -> None:
    found = judged(scan(), scan(told("A-1"), told("A-2"), told("A-3")), "A-1", "A-2")
    assert (found["outcome"], found["errors"]) == ("failed", [])
    assert found["reason"] == "1 forbidden finding in mlflow 3.6.0: A-1 (high)"
    assert found["forbidden"] == [
        {
            "package": "mlflow",
            "version": "3.6.0",
            "id": "A-1",
            "rules": ["A-1 is forbidden by its id"],
        }
    ]
    assert [one["id"] for one in found["allowed"]] == ["A-3"]
    (waived,) = found["waived"]
    assert waived["vulnerability"]["id"] == "A-2"
    assert waived["waiver"] == {
        "id": "A-2",
        "package": "mlflow",
        "versions": ">=3.6,<3.7",
        "reason": "not reachable",
        "owner": "ML Lead",
        "expires": "2026-12-31",
        "place": "config/waivers.yaml:3:5",
    }
    assert [(one["waiver"]["id"], one["kind"]) for one in found["notices"]] == [("A-9", "expired")]


def test_an_errored_judgement_says_why() -> None:
    found = judged(scan(), snapshot(report(audited=())), "A-1")
    assert found["outcome"] == "errored"
    assert found["errors"] == ["mlflow was not audited by osv: it says nothing of the package"]


def test_a_judgement_of_another_scan_is_refused() -> None:
    judgement = judge(Policy(ids=("A-1",)), scan(), None, (), NOW)
    with pytest.raises(ValueError, match="another scan"):
        encode_diff(compare(scan(), scan(FIXED)), judgement)


def test_the_same_facts_give_the_same_bytes() -> None:
    pair = (scan(FIXED), scan(STOPS))
    assert encode_diff(compare(*pair)) == encode_diff(compare(*pair))


def test_every_key_is_in_the_schema() -> None:
    definition = schema()["$defs"][DiffDocument.__name__]
    assert definition["additionalProperties"] is False
    assert set(definition["required"]) == set(document(compare(scan(), scan())))
