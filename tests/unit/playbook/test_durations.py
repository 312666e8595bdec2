from __future__ import annotations

import pytest

from runner.playbook.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("90s", 90.0), ("1.5s", 1.5), ("10m", 600.0), ("1h", 3600.0), ("24h", 86400)],
)
def test_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "5d", "5 s", "-5s", "0s", "25h", "1h30m", "nans"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration"):
        parse_duration(text)
