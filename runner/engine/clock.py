"""The time of day, as evidence writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Give the time as ISO 8601 with milliseconds and the local offset."""
    return datetime.now(UTC).astimezone().isoformat(timespec="milliseconds")
