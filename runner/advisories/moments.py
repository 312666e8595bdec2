"""Moments in time, as sources write them: ISO 8601 with an offset."""

from __future__ import annotations

from datetime import datetime


def moment(text: str) -> datetime | None:
    """Read a moment; None where there is none, or one without an offset, which could be any."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
