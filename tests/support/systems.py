"""What differs between the systems on which the tests run: Linux, and macOS."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

PLATFORM = "platform: "
"""How the reason of a skip begins that is right on this system, see conftest.py."""


def want(message: str) -> str:
    """Give the reason to skip a test for want of a program, which is right on macOS alone.

    CI installs every program on Linux, so that nothing may be skipped there.
    """
    return message if sys.platform == "linux" else f"{PLATFORM}{message}"


def missing(message: str) -> NoReturn:
    """Skip a test for want of a program, but fail it on CI on Linux."""
    if sys.platform == "linux" and os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(want(message))


FULL = "/dev/full"
"""A disk that is always full."""
NEEDS_FULL = pytest.mark.skipif(not Path(FULL).exists(), reason=want(f"there is no {FULL}"))
"""Of a test that writes to it."""
