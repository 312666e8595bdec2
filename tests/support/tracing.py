"""Which processes are traced for the coverage."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no process be traced that a test starts: `conftest.py` of a folder imports this.

    A traced ``runner`` costs twice as much. The folders that have it start many, for what the
    others reach too; they prove that it works on the real parts.
    """
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
