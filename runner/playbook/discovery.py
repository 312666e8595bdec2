"""Finds the playbook that is meant where none is named."""

from __future__ import annotations

from pathlib import Path

from runner.errors import UsageError

PATTERN = "config/*_release.yaml"
"""Where playbooks are."""


def discover(folder: Path) -> Path:
    """Give the only playbook below a folder; raises UsageError for none or several."""
    found = sorted(path for path in folder.glob(PATTERN) if path.is_file())
    if len(found) == 1:
        return found[0]
    if not found:
        hint = "`runner init` scaffolds one; -p FILE names one elsewhere"
        raise UsageError(f"there is no playbook {PATTERN} in {folder}", hint=hint)
    names = ", ".join(str(path.relative_to(folder)) for path in found)
    raise UsageError(f"there are several playbooks: {names}", hint="choose one with -p FILE")
