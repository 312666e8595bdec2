"""What is given up first where a summary would be too long."""

from __future__ import annotations

from enum import IntEnum


class Weight(IntEnum):
    """How much is lost with a part of a summary, from little to much."""

    PASSED = 1
    """The rows of checks that passed."""
    LOCKS = 2
    """The packages whose version changed, one by one."""
    FINDINGS = 3
    """The findings that remain or are gone, one by one."""
    LONG_TAIL = 4
    """Most of the last lines of a failure's log."""
    WARNINGS = 5
    """What people should know though it changes no outcome."""
    TAIL = 6
    """The rest of those lines."""
    WAIVERS = 7
    """Which finding is waived, by whom and until when."""
    NEW = 8
    """The findings that are new or forbidden, one by one."""
    DETAIL = 9
    """What a failure expected and found, and how it is repeated."""
    ROWS = 10
    """The rows of checks that did not pass."""
    REASON = 11
    """That, and why, a check failed."""
