"""The golden example: it verifies as it is, and its reports are those that are made of it today."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from golden.likeness import differences, like
from golden.making import EXAMPLE, SHOWN, bundle_in, files_of
from support.command import runner

MEND = "a reporter has changed: make reports ARGS=--again, and look at what that changes"


@pytest.fixture(scope="module")
def bundle() -> Path:
    return bundle_in(EXAMPLE)


@pytest.fixture(scope="module")
def files(bundle: Path) -> dict[str, bytes]:
    return files_of(bundle)


def test_it_verifies(bundle: Path, tmp_path: Path) -> None:
    key = EXAMPLE / "key.pub"
    done = runner("verify", str(bundle), "--key", str(key), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    assert (told["holds"], told["problems"]) == (True, [])
    assert any(one.startswith("every attestation is signed by") for one in told["proved"])


def test_what_lies_beside_the_bundle_is_what_is_in_it(files: dict[str, bytes]) -> None:
    for name in SHOWN:
        assert (EXAMPLE / Path(name).name).read_bytes() == files[name], name
    beside = {path.name for path in EXAMPLE.iterdir()} - {Path(name).name for name in SHOWN}
    assert {name for name in beside if not name.endswith(".tar.gz")} == {"key.pub", "report.png"}


def test_its_reports_are_made_again_byte_for_byte(
    bundle: Path, files: dict[str, bytes], tmp_path: Path
) -> None:
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path, filter="data")
    live = next(tmp_path.iterdir()).rename(tmp_path / "live")
    made = [name for name in files if _is_report(name)]
    stages = {name.partition("/")[0] for name in files if name.endswith("/run.json")}
    assert len(made) > 2 * len(stages) > 10
    for name in made:
        (live / name).unlink()
    done = runner("report", "--output", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    changed = [name for name in made if (live / name).read_bytes() != files[name]]
    assert changed == [], MEND


def _is_report(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    of_a_stage = file in {"junit.xml", "summary.md", "findings.sarif"} and "/" not in folder
    return name == "report.html" or name.startswith("sbom-") or of_a_stage


def test_it_shows_an_upgrade_and_its_way_back(files: dict[str, bytes]) -> None:
    told = json.loads(files["rehearsal.json"])
    assert (told["verdict"], told["from"], told["to"]) == ("passed", "3.6.0", "3.17.2")
    assert told["restored"] is True
    assert told["dirty"] is False
    counts = {
        when: len(json.loads(files[f"safety-{when}.json"])["vulnerabilities"])
        for when in ("before", "after")
    }
    assert counts["before"] > counts["after"]
    manifest = json.loads(files["manifest.json"])
    assert manifest["missing"] == ["image-digest"]


def test_it_is_like_itself_and_small(bundle: Path, files: dict[str, bytes]) -> None:
    assert differences(files, files) == []
    assert sum(path.stat().st_size for path in EXAMPLE.iterdir()) < 2_000_000
    assert bundle.stat().st_size < 500_000


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("after-verification/summary.md", lambda text: text + b"one more\n", "+one more"),
        ("after-verification/junit.xml", lambda text: text.replace(b"=", b"= ", 1), "-<?xml"),
        ("report.html", lambda text: text.replace(b"<h2", b"<h2>New</h2><h2", 1), "+New"),
        ("journal.jsonl", lambda text: text + b'{"event": "odd"}\n', "+odd"),
    ],
)
def test_another_run_that_tells_something_else_is_noticed(
    files: dict[str, bytes], name: str, change: Callable[[bytes], bytes], told: str
) -> None:
    found = differences(files, {**files, name: change(files[name])})
    assert any(line.startswith(told) for line in found)
    assert differences(files, {**files, "more.txt": b""})[-1] == "+more.txt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 2026-11-27T12:00:00.123+00:00, 2026-11-27 12:00:00 UTC", "at MOMENT, MOMENT"),
        ("rehearsal-20261127T150355Z-1b1e6a", "rehearsal-RUN"),
        ("in 2 min 38 s, 0.4 s, 12 ms, 43.21s (0:00:43)", "in SPAN, SPAN, SPAN, SPAN"),
        ('<testcase name="a" time="0.123">', '<testcase name="a" time="SPAN">'),
        ("cd /tmp/upgrade-runner-example-x1/repository; ls", "cd PATH; ls"),
        ("http://127.0.0.1:41233/health", "http://127.0.0.1:PORT/health"),
        ("sha256:" + "0a" * 32 + " of 4.0 KiB", "sha256:HASH of SIZE"),
        ("mlflow 3.6.0 has 28 advisories", "mlflow 3.6.0 has 28 advisories"),
    ],
)
def test_only_moments_places_and_speeds_are_alike(text: str, expected: str) -> None:
    assert like(text) == expected
