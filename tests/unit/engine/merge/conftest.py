"""Two shards of a stage, run for real, that each test may damage in its own copy."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.house import check, playbook

from runner.engine.dossier import Dossier
from runner.engine.merge import MergeRecord, merge
from runner.engine.plan import make_plan
from runner.engine.run import Options, execute
from runner.engine.shards import Which, take_share

COUNT = 2


@dataclass(frozen=True)
class Shards:
    """The shards, and where they are joined."""

    folder: Path

    @property
    def one(self) -> Path:
        return self.folder / "s1" / "live"

    @property
    def two(self) -> Path:
        return self.folder / "s2" / "live"

    @property
    def joined(self) -> Dossier:
        return Dossier(self.folder / "joined")

    def merge(self, *outputs: str) -> MergeRecord:
        folders = [self.folder / name for name in outputs or ("s1", "s2")]
        return merge(folders, "verification", self.joined)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run two shards, of two checks each."""
    folder = tmp_path_factory.mktemp("shards")
    checks = [check(name, "echo", name) for name in ("a", "b", "c")]
    checks.append(check("d", "sh", "-c", "echo no; exit 3"))
    plan = make_plan(playbook(folder, *checks), "verification")
    for number in range(1, COUNT + 1):
        dossier = Dossier(folder / f"s{number}")
        share = take_share(plan, Which(number, COUNT), dossier, None, resume=False)
        execute(share, dossier, Options(), environment=dict(os.environ))
        # What the command line keeps for reports, besides.
        (dossier.live / "verification/context.json").write_bytes(b"{}\n")
    return folder


@pytest.fixture
def shards(pristine: Path, tmp_path: Path) -> Shards:
    """Give a copy of them."""
    for number in range(1, COUNT + 1):
        shutil.copytree(pristine / f"s{number}", tmp_path / f"s{number}")
    return Shards(tmp_path)
