"""Why findings are gone; the real ones of MLflow in test_snapshot.py."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.advisories.records import DATABASE, advisory, affected, record, v

from runner.advisories.findings import Advisory, Finding, Standing, merge
from runner.advisories.gone import Gone, Reason, gone

FIXED = record("A-1", [{"introduced": "1"}, {"fixed": "2"}], aliases=["CVE-2026-1"])
STOPS = record("B-1", [{"introduced": "1"}, {"last_affected": "1.9"}], aliases=["CVE-2026-1"])
LATER = record("C-1", [{"introduced": "1"}, {"fixed": "4"}], aliases=["CVE-2026-1"])
LISTED = record(affected=[affected(versions=["1.5"])])
WITHDRAWN = {**FIXED, "withdrawn": "2026-03-04T00:00:00Z"}


def finding(*records: dict[str, Any]) -> Finding:
    (found,) = merge(map(advisory, records), DATABASE)
    return found


def judge(
    before: list[dict[str, Any]], now: list[dict[str, Any]], old: str = "1.5", new: str = "3"
) -> Gone | None:
    return gone(finding(*before), v(old), v(new), [advisory(one) for one in now])


def reason(before: list[dict[str, Any]], now: list[dict[str, Any]], **versions: str) -> str:
    found = judge(before, now, **versions)
    return f"{found.reason}: {found.detail}" if found else "still there"


def test_fixed() -> None:
    assert reason([FIXED], [FIXED]) == "fixed: fixed in 2"
    assert reason([FIXED], [FIXED], new="2") == "fixed: fixed in 2"
    assert reason([FIXED, LATER], [FIXED, LATER], new="4") == "fixed: fixed in 4"


def test_still_there() -> None:
    assert judge([FIXED], [FIXED], new="1.9") is None
    assert judge([FIXED, LATER], [FIXED, LATER]) is None
    assert judge([FIXED], [LATER]) is None


def test_out_of_range() -> None:
    assert reason([STOPS], [STOPS]) == "out of range: B-1 ends with 1.9 and names no fix"
    assert reason([LISTED], [LISTED]) == (
        "out of range: PYSEC-1 lists versions one by one, and 3 is not among them"
    )
    limited = record(events=[{"introduced": "1"}, {"limit": "2"}])
    assert reason([limited], [limited]) == "out of range: PYSEC-1 ends before 2 and names no fix"


def test_going_back_before_the_range_is_no_fix() -> None:
    assert reason([FIXED], [FIXED], new="0.9") == "out of range: A-1 starts at 1, after 0.9"


def test_one_advisory_that_names_no_fix_is_enough() -> None:
    assert reason([FIXED, STOPS], [FIXED, STOPS]).startswith("out of range: B-1 ends with 1.9")


def test_a_fix_of_another_range_does_not_count() -> None:
    ranges = [{"introduced": "1"}, {"last_affected": "1.9"}, {"introduced": "2.1"}, {"fixed": "3"}]
    assert reason([record(events=ranges)], [record(events=ranges)]).startswith("out of range")
    assert reason([record(events=ranges)], [record(events=ranges)], old="2.5") == (
        "fixed: fixed in 3"
    )


def test_every_range_that_held_the_version_must_end_with_a_fix() -> None:
    ranges = [
        {"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {end: "2"}]}
        for end in ("fixed", "last_affected")
    ]
    both = record(affected=[affected(ranges=ranges)])
    assert reason([both], [both]) == "out of range: PYSEC-1 ends with 2 and names no fix"


def test_withdrawn() -> None:
    assert reason([FIXED], [WITHDRAWN]) == "withdrawn: withdrawn on 2026-03-04"
    assert reason([FIXED, STOPS], [WITHDRAWN, STOPS]).startswith("out of range: B-1")


def test_what_the_source_lost_is_unknown() -> None:
    assert reason([FIXED], []) == "unknown: the source no longer knows it"
    assert reason([FIXED], [record("Z-9")]) == "unknown: the source no longer knows it"
    assert reason([FIXED, LATER], [FIXED]) == (
        "unknown: the source no longer tells C-1, by which 3 was affected"
    )
    assert reason([FIXED, STOPS], [FIXED]).startswith("out of range: B-1")


def test_a_range_that_was_rewritten_is_unknown() -> None:
    rewritten = {
        **FIXED,
        "affected": record(events=[{"introduced": "0"}, {"fixed": "1"}])["affected"],
    }
    assert reason([FIXED], [rewritten]) == (
        "unknown: the source no longer says that 1.5 is affected"
    )


def test_another_record_of_the_same_flaw_goes_on_telling() -> None:
    renamed = {**FIXED, "id": "D-1"}
    assert reason([FIXED], [renamed]) == "fixed: fixed in 2"


def test_the_package_must_be_the_same() -> None:
    other = advisory(record("A-1", package="flask"), "flask")
    found = gone(finding(FIXED), v("1.5"), v("3"), [other])
    assert found is not None
    assert found.reason is Reason.UNKNOWN


def test_a_finding_must_have_been_there() -> None:
    with pytest.raises(ValueError, match="CVE-2026-1 does not affect 5"):
        judge([FIXED], [FIXED], old="5")


NUMBERS = st.sampled_from([f"{n}.{m}" for n in range(3) for m in range(3)])
EVENT = st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), NUMBERS)
RECORDS = st.builds(
    lambda name, start, events, listed: advisory(
        record(
            name,
            affected=[
                affected(
                    ranges=[
                        {
                            "type": "ECOSYSTEM",
                            "events": [{"introduced": start}, *({w: t} for w, t in events)],
                        }
                    ],
                    versions=listed,
                )
            ],
            aliases=["CVE-2026-1"],
        )
    ),
    st.sampled_from(["A-1", "B-1"]),
    NUMBERS,
    st.lists(EVENT, max_size=4),
    st.lists(NUMBERS, max_size=1),
)


@settings(max_examples=200)
@given(st.lists(RECORDS, min_size=1, max_size=2, unique_by=lambda one: one.id), NUMBERS, NUMBERS)
def test_the_matrix_never_says_fixed_where_gone_does_not(
    advisories: list[Advisory], old: str, new: str
) -> None:
    (found,) = merge(advisories, DATABASE)
    if found.standing(v(old)) is not Standing.AFFECTED:
        return
    told = gone(found, v(old), v(new), advisories)
    assert (told is None) is (found.standing(v(new)) is Standing.AFFECTED)
    if told and found.standing(v(new)) is Standing.FIXED and v(old) < v(new):
        assert told.reason is Reason.FIXED
    if told and told.reason is Reason.FIXED:
        assert v(old) < v(new)
        assert any(v(fix) <= v(new) for fix in found.fixed_versions)
