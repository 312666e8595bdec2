"""CVSS vectors to scores and words."""

from __future__ import annotations

import pytest

from runner.advisories.severity import UNKNOWN, UNRATED, Severity, read_vector, worst

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
NONE = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"


@pytest.mark.parametrize(
    ("vector", "score", "word"), [(V3, 8.8, "high"), (V4, 9.3, "critical"), (NONE, 0.0, "none")]
)
def test_vectors_have_a_score_and_a_word(vector: str, score: float, word: str) -> None:
    assert read_vector(vector) == Severity(score, word, vector)


@pytest.mark.parametrize("vector", ["", "7.5", "CVSS:3.1/AV:N", "CVSS:4.0/AV:Q", "AV:N/AC:L/Au:N"])
def test_what_cannot_be_read_is_unknown_and_not_none(vector: str) -> None:
    assert read_vector(vector) == Severity(None, UNKNOWN, vector)


def test_the_worst_counts() -> None:
    assert worst(map(read_vector, (NONE, V4, V3, ""))).word == "critical"
    assert worst(map(read_vector, ("", NONE))).word == "none"
    assert worst(()) is UNRATED
