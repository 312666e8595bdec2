"""What a waiver binds to, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from unit.advisories.snapshots import scan, told

from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.advisories.waivers import Notice, NoticeKind, Waiver, notices

WAIVER = Waiver(
    id="CVE-2026-1",
    package="mlflow",
    versions=">=3.6,<3.7",
    reason="not reachable",
    owner="ML Lead",
    expires=date(2026, 12, 31),
    place="config/waivers.yaml:3:5",
)
TODAY = date(2026, 6, 1)


def flaw(version: str = "3.6.0") -> Vulnerability:
    (one,) = combine(scan(told("PYSEC-1", "CVE-2026-1"), version=version))
    return one


@pytest.mark.parametrize("key", ["id", "package", "versions", "reason", "owner"])
def test_an_empty_field_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"config/waivers.yaml:3:5: the waiver's {key} is empty"):
        replace(WAIVER, **{key: " "})  # type: ignore[arg-type]


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="3:5: 'newest' is no range"):
        replace(WAIVER, versions="newest")


def test_a_name_that_is_not_normalised_is_refused() -> None:
    with pytest.raises(ValueError, match="3:5: 'MLflow' is not normalised"):
        replace(WAIVER, package="MLflow")


@pytest.mark.parametrize(
    ("waiver", "version", "accepts"),
    [
        (WAIVER, "3.6.0", True),
        (replace(WAIVER, id="PYSEC-1"), "3.6.0", True),
        (replace(WAIVER, id="CVE-2026-10"), "3.6.0", False),
        (replace(WAIVER, package="flask"), "3.6.0", False),
        (WAIVER, "3.7.0", False),
        (WAIVER, "3.6.1rc1", True),
        (WAIVER, "3.6.0+corp", True),
        (replace(WAIVER, expires=TODAY), "3.6.0", True),
        (replace(WAIVER, expires=date(2026, 5, 31)), "3.6.0", False),
    ],
)
def test_it_binds_to_id_package_versions_and_day(
    waiver: Waiver, version: str, *, accepts: bool
) -> None:
    assert waiver.accepts(flaw(version), TODAY) is accepts


def said(waiver: Waiver, *, version: str = "3.6.0", forbidden: bool = True) -> list[Notice]:
    there = [flaw(version)]
    return list(notices([waiver], there if forbidden else [], there, TODAY))


def test_of_one_that_is_used_nothing_is_said() -> None:
    assert said(WAIVER) == []


@pytest.mark.parametrize(
    ("waiver", "kind", "detail"),
    [
        (
            replace(WAIVER, expires=date(2026, 5, 31)),
            NoticeKind.EXPIRED,
            "it expired on 2026-05-31 and does not count",
        ),
        (
            replace(WAIVER, expires=date(2026, 6, 15)),
            NoticeKind.EXPIRING,
            "it counts up to 2026-06-15",
        ),
        (
            replace(WAIVER, expires=TODAY),
            NoticeKind.EXPIRING,
            "it counts up to 2026-06-01",
        ),
        (
            replace(WAIVER, versions="<3.6"),
            NoticeKind.UNMATCHED,
            "mlflow is 3.6.0, not <3.6",
        ),
        (
            replace(WAIVER, id="CVE-2026-2"),
            NoticeKind.UNUSED,
            "CVE-2026-2 was not found in mlflow",
        ),
        (
            replace(WAIVER, package="flask"),
            NoticeKind.UNUSED,
            "CVE-2026-1 was not found in flask",
        ),
    ],
)
def test_what_is_said_of_others(waiver: Waiver, kind: NoticeKind, detail: str) -> None:
    assert said(waiver) == [Notice(waiver, kind, detail)]


def test_fifteen_days_are_not_soon() -> None:
    assert said(replace(WAIVER, expires=date(2026, 6, 16))) == []


def test_one_for_what_is_allowed_is_unused() -> None:
    (notice,) = said(WAIVER, forbidden=False)
    assert notice.kind is NoticeKind.UNUSED
    assert notice.detail == "no rule forbids CVE-2026-1 in mlflow"
