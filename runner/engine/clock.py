"""The time of day, as evidence writes it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache


def now() -> str:
    """Give the time as ISO 8601 with milliseconds and the local offset."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    before, after = _second(seconds)
    return f"{before}.{rest // 1_000_000:03}{after}"


@lru_cache(maxsize=4)
def _second(seconds: int) -> tuple[str, str]:
    """Give what is the same all through a second: the time before the fraction, the offset."""
    text = datetime.fromtimestamp(seconds, UTC).astimezone().isoformat()
    return text[:19], text[19:]
