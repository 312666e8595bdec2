"""One row of a matrix is broken: outcome, reason, exit code, JUnit and rerun command tell it."""

from __future__ import annotations

import json
import socket
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.command import runner

GREEN = "    - {area: Green, run: [echo, hi]}\n"
HEAD = "release: {package: mlflow, version: 3.6.0}\nstages:\n  verification:\n"


@dataclass(frozen=True)
class Row:
    """A broken row, and what must be said of it."""

    yaml: str
    outcome: str
    reason: str
    exit_code: int
    element: str


ROWS = {
    "wrong port": Row(
        "uses: http, with: {url: 'http://127.0.0.1:PORT/health'}, expect: {status: 200}",
        *("failed", "no answer from http://127.0.0.1:PORT/health", 1, "failure"),
    ),
    "failing test": Row(
        "uses: pytest, with: {args: [-q, test_red.py]}",
        *("failed", "1 of 2 tests failed: test_red", 1, "failure"),
    ),
    "missing executable": Row(
        "run: [no-such-program]", "errored", "no-such-program: not found", 3, "error"
    ),
    "hanging": Row(
        "run: [sleep, '1000'], timeout: 2s", "errored", "timed out after 2s", 3, "error"
    ),
    "hanging in a shell": Row(
        "run: sleep 1000, timeout: 2s", "errored", "timed out after 2s", 3, "error"
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_broken_row(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    (tmp_path / "test_red.py").write_text(
        "def test_green():\n    pass\n\n\ndef test_red():\n    assert 1 == 2\n"
    )
    config = tmp_path / "config" / "mlflow_release.yaml"
    config.parent.mkdir()
    broken = f"    - {{area: Broken, {row.yaml.replace('PORT', port)}}}\n"
    config.write_text(HEAD + broken + GREEN)

    done = runner("validate", cwd=tmp_path)

    live = tmp_path / "analysis_outputs/live/verification"
    result, green = json.loads((live / "run.json").read_text())["results"]
    reason = row.reason.replace("PORT", port)
    assert done.returncode == row.exit_code, done.stdout + done.stderr
    assert (result["outcome"], green["outcome"]) == (row.outcome, "passed")
    assert reason in result["reason"]
    assert reason in done.stdout.replace("\n  ", " ")
    assert "runner validate --only broken" in done.stdout
    cases = [c for c in ET.parse(live / "junit.xml").iter("testcase") if c.get("name") == "Broken"]
    assert [child.tag for child in cases[0]] == [row.element]
    assert reason in (cases[0][0].get("message") or "")
