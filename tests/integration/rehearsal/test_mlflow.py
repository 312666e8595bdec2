"""The rehearsal of this repository's own playbook, for real: it tells what the example tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from golden.making import BEFORE, EXAMPLE, bundle_in, files_of, rehearsed, release, told_otherwise

_FEW = ("--runs", "50", "--points", "5000")
"""As much of everything as the seed makes, but fewer runs: no report tells how many."""
MEND = "it tells something else than reports/example: make reports, and look at what that changes"


@pytest.mark.slow
def test_mlflow_there_and_back_as_in_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = json.loads(files_of(bundle_in(EXAMPLE))["rehearsal.json"])
    assert (shown["from"], shown["to"]) == (BEFORE, release()), MEND
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (work := tmp_path / "upgrade-runner-example").mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    live = rehearsed(work, *_FEW) / "live"
    assert list(temporary.iterdir()) == []
    record = json.loads((live / "rehearsal.json").read_text(encoding="utf-8"))
    as_it_was(record, work / "data")
    assert told_otherwise(live) == [], MEND


def as_it_was(record: dict[str, Any], data: Path) -> None:
    """See that the data went there and back on copies, and that the user's is untouched."""
    assert record["restored"] is True
    assert record["migration"]["revision_before"] == "bf29a5ff90ea"
    assert record["migration"]["revision_after"] != "bf29a5ff90ea"
    assert {one["change"] for one in record["migration"]["tables"]} >= {"added", "columns"}
    assert None not in record["outage"].values()
    assert [one["what"] for one in record["kept"]] == ["repository", "database", "artifacts"]
    assert all(one["before"] and one["before"] == one["after"] for one in record["kept"])
    assert record["warnings"] == []
    (copies,) = (one for one in record["parts"] if one["name"] == "copies")
    artifacts = [path for path in (data / "mlartifacts").rglob("*") if path.is_file()]
    assert len(artifacts) == 15  # of every fifth run, and of five models
    assert copies["facts"] == [
        f"mlflow.db: {(data / 'mlflow.db').stat().st_size:,} bytes",
        f"mlartifacts: {sum(path.stat().st_size for path in artifacts):,} bytes",
    ]
