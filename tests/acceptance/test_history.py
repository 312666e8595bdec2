"""``runner history``: what is on record, and how two runs differ."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import runner

RECORD = {
    "id": "CVE-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "demo"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }
    ],
}
BOOK = """\
release: {package: demo, version: "1.0"}
advisories:
  subject: {lock: lock.txt}
  sources: [{osv: advisories}]
  policy: {packages: [demo]}
stages:
  other: [{area: Other, run: ["true"]}]
  verification:
    - {area: Turns, run: [test, -e, here]}
    - {area: Stays, run: ["true"]}
    - {area: Scan, uses: advisories, with: {scan: after}}
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "advisories").mkdir()
    (tmp_path / "advisories/CVE-2026-1.json").write_text(json.dumps(RECORD))
    book(tmp_path, "1.0", BOOK)
    return tmp_path


def book(repo: Path, version: str, text: str) -> None:
    (repo / "config/demo_release.yaml").write_text(text.replace("1.0", version))
    (repo / "lock.txt").write_text(f"demo=={version}\n")


def listing(repo: Path, *args: str) -> Any:  # noqa: ANN401 - JSON
    done = runner("history", "--json", *args, cwd=repo)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def two_runs(repo: Path) -> None:
    assert runner("validate", cwd=repo).returncode == 1
    assert runner("bundle", cwd=repo).returncode == 0
    (repo / "here").write_text("")
    added = '    - {area: New, run: ["true"]}\n'
    book(repo, "2.0", BOOK.replace("    - {area: Stays", f"{added}    - {{area: Stays"))
    done = runner("validate", "--only", "turns", "--only", "new", "--only", "scan", cwd=repo)
    assert done.returncode == 0, done.stdout


def test_runs_are_listed_each_once_and_the_newest_first(repo: Path) -> None:
    two_runs(repo)
    assert runner("run", "other", cwd=repo).returncode == 0

    told = listing(repo)

    assert [(one["stage"], one["version"], one["verdict"]) for one in told["runs"]] == [
        ("other", "2.0", "passed"),
        ("verification", "2.0", "passed"),
        ("verification", "1.0", "failed"),
    ]
    (bundle,) = (repo / "analysis_outputs").glob("*.tar.gz")
    oldest = told["runs"][-1]
    assert (oldest["outcomes"], oldest["findings"]) == ({"failed": 2, "passed": 1}, 1)
    earlier, sealed = oldest["places"]
    assert earlier.startswith("live/earlier/verification-before-")
    assert sealed == f"{bundle.name}/verification/run.json"
    shown = runner("history", cwd=repo)
    assert shown.returncode == 0
    assert shown.stdout.splitlines()[0].startswith("Run")
    assert "1 passed, 2 failed" in shown.stdout
    schema = json.loads(runner("schema", "history", cwd=repo).stdout)
    jsonschema.Draft202012Validator(schema).validate(told)


def test_two_runs_are_compared(repo: Path) -> None:
    two_runs(repo)
    after, before = (one["id"] for one in listing(repo)["runs"])

    told = listing(repo, before, after)

    checks = {one["check"]: (one["before"], one["after"]) for one in told["checks"]}
    assert checks == {
        "turns": ("failed", "passed"),
        "new": (None, "passed"),
        "scan": ("failed", "passed"),
        "stays": ("passed", None),
    }
    assert told["checks"][0]["seconds_before"] > 0
    assert told["findings"] == [
        {"package": "demo", "id": "CVE-2026-1", "before": "forbidden", "after": None}
    ]
    schema = json.loads(runner("schema", "run-comparison", cwd=repo).stdout)
    jsonschema.Draft202012Validator(schema).validate(told)
    shown = runner("history", before, after, cwd=repo).stdout
    assert "CVE-2026-1 in demo  forbidden  not there" in shown
    assert re.search(r"^Turns .*changed$", shown, re.MULTILINE)
    same = runner("history", before, before, cwd=repo).stdout
    assert "1 finding in both, with the same ruling" in same
    assert "changed" not in same


def test_wrong_use(repo: Path) -> None:
    none = runner("history", cwd=repo)
    assert (none.returncode, "there is no run" in none.stderr) == (2, True)
    runner("validate", "--only", "stays", cwd=repo)
    runner("run", "other", cwd=repo)
    one, two = (it["id"] for it in listing(repo)["runs"])
    for args, told in (
        ((one,), "give two runs"),
        ((one, "x"), "there is no run 'x'"),
        ((one, "2"), "several runs begin with '2'"),
        ((one, two), "compare two runs of one stage"),
    ):
        done = runner("history", *args, cwd=repo)
        assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_what_was_changed_does_not_count(repo: Path) -> None:
    runner("validate", "--only", "stays", cwd=repo)
    runner("bundle", cwd=repo)
    output = repo / "analysis_outputs"
    (bundle,) = output.glob("*.tar.gz")
    bundle.write_bytes(bundle.read_bytes()[:-1])
    (output / "other.tar.gz").symlink_to("nowhere")
    (output / "live/broken").mkdir()
    (output / "live/broken/run.json").write_text("{}")
    (output / "live/folder/run.json").mkdir(parents=True)
    done = runner("history", cwd=repo)
    assert done.returncode == 1
    assert f"{bundle.name}: does not hold: " in done.stderr
    assert "other.tar.gz: cannot read" in done.stderr
    assert "live/broken/run.json: is not the record of a run" in done.stderr
    assert "live/folder/run.json: cannot be read" in done.stderr
    assert "live/verification/run.json" in done.stdout
    assert bundle.name not in done.stdout
