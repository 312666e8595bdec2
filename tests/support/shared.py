"""Material of third parties that is not part of this repository: a folder ``shared`` beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(name: str) -> Path:
    """Give the path of a shared file or folder; skips where it is absent, but fails on CI."""
    for folder in Path(__file__).resolve().parents:
        if (path := folder / "shared" / name).exists():
            return path
    message = f"shared/{name} is not beside the repository"
    if os.environ.get("GITHUB_ACTIONS") == "true":
        pytest.skip(f"platform: {message}")  # it may not be published, so it is not there
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
