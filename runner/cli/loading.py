"""Find and load the playbook that the options name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from runner.kinds import load_kinds
from runner.model import Playbook
from runner.playbook import discover, load


def load_playbook(path: Path | None, profile: str, overrides: Sequence[str]) -> Playbook:
    """Load it, ready to run; raises PlaybookInvalid or UsageError."""
    return load(
        path or discover(Path()),
        kinds=load_kinds(),
        profile=profile,
        overrides=overrides,
        environment=os.environ,
    )
