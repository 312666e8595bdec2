"""Command lines that do again what this one does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def running(
    stage: str, playbook: Path | None, profile: str, overrides: Sequence[str]
) -> tuple[str, ...]:
    """Give the words that run a stage of the same playbook, laid out in the same way."""
    words = ["runner", *(["validate"] if stage == "verification" else ["run", stage])]
    if playbook is not None:
        words += ["--playbook", str(playbook)]
    if profile:
        words += ["--profile", profile]
    for override in overrides:
        words += ["--set", override]
    return tuple(words)
