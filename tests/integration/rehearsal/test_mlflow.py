"""The rehearsal of this repository's own playbook: real servers, real migrations."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from support.command import runner

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_mlflow_there_and_back(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    playbook = clone / "config" / "mlflow_release.yaml"
    text = (ROOT / "config" / "mlflow_release.yaml").read_text(encoding="utf-8")
    # The matrix has a run of its own (`make validate`); here it is the way there and back.
    playbook.write_text(text.replace("after: [verification]", "after: [measure]"))
    to = text.partition("\n  version: ")[2].split()[0]
    (tmp_path / "tmp").mkdir()
    done = runner(
        *("rehearse", "--from", "3.6.0", "--to", to, "--json"),
        cwd=clone,
        env={"TMPDIR": str(tmp_path / "tmp")},
        limit=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout)
    assert record["restored"] is True
    assert record["migration"]["revision_before"] == "bf29a5ff90ea"
    assert record["migration"]["revision_after"] != "bf29a5ff90ea"
    assert {one["change"] for one in record["migration"]["tables"]} >= {"added", "columns"}
    assert all(one["before"] == one["after"] for one in record["kept"])
    assert None not in record["outage"].values()
    assert list((tmp_path / "tmp").iterdir()) == []
