"""Policies that make sense, and others."""

from __future__ import annotations

from typing import Any

import pytest

from runner.advisories.policy import Policy


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "forbids nothing"),
        ({"required": {"mlflow": "3.6.0"}, "max_database_age": 1.0}, "forbids nothing"),
        ({"severity": "dire"}, "'dire' is none of low, medium, high, critical"),
        ({"new": True, "max_database_age": 0.0}, "above zero"),
        ({"new": True, "max_database_age": float("nan")}, "above zero"),
        ({"packages": ("Flask",)}, "'Flask' is not normalised: 'flask' is meant"),
        ({"packages": ("",)}, "not the name of a package"),
        ({"new": True, "required": {"a_b": ""}}, "'a_b' is not normalised"),
        ({"new": True, "required": {"mlflow": "new"}}, "'new' is not a version"),
    ],
)
def test_nonsense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy(**fields)


@pytest.mark.parametrize(
    "fields", [{"packages": ("a",)}, {"severity": "low"}, {"ids": ("CVE-1",)}, {"new": True}]
)
def test_one_rule_is_enough(fields: dict[str, Any]) -> None:
    assert Policy(**fields).max_database_age is None


def test_gated_packages_are_those_that_it_names() -> None:
    policy = Policy(packages=("flask", "mlflow"), required={"mlflow": "3.6.0", "click": ""})
    assert policy.gated == ("mlflow", "click", "flask")
