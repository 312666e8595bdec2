"""What is attested of scans."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from unit.advisories.records import advisory
from unit.evidence.dossiers import FOLDER, dossier
from unit.evidence.test_signing import attestations
from unit.reporters import samples
from unit.reporters.snapshots import FLAW, flawed, report, snapshot

from runner.advisories.safety_document import encode
from runner.advisories.snapshot import Snapshot
from runner.evidence.keys import generate, read_private, read_public
from runner.evidence.sealing import SealError, seal
from runner.evidence.signing import KeySigner, KeyTrust
from runner.evidence.verification import verify
from runner.model import Artifact, Outcome, StepReport, StepResult

DIGEST = "ab" * 32


def scanned(folder: Path, found: Snapshot, name: str = "safety-after.json") -> Path:
    """Make a dossier in which a stage has recorded a scan."""
    live = dossier(folder)
    content = encode(found)
    (live / name).write_bytes(content)
    (live / "locks").mkdir()
    for lock in ("before", "after"):
        (live / f"locks/{lock}.txt").write_text(lock)
    image = {"reference": "example/mlflow:v3", "digest": f"sha256:{DIGEST}"}
    (live / "image.json").write_text(json.dumps(image))
    artifact = Artifact(name, len(content), hashlib.sha256(content).hexdigest())
    step = StepResult(
        "scan",
        "advisories",
        StepReport(Outcome.PASSED, artifacts=(artifact,)),
        samples.NOON,
        1.5,
    )
    run = samples.run(samples.result("scan", "Scan", samples.attempt(Outcome.PASSED, step)))
    (live / "verification/run.json").write_bytes(msgspec.json.encode(run))
    return live


def told(live: Path) -> list[dict[str, Any]]:
    """Seal and sign a dossier, verify it, and give its statements."""
    public, _ = generate("ed25519", live.parent / "key", "")
    bundle, _ = seal(live, live.parent, KeySigner(read_private(live.parent / "key", "")))
    found = verify(bundle, KeyTrust(read_public(public)))
    assert found.problems == ()
    lines = [json.loads(one) for one in attestations(bundle)]
    return [json.loads(base64.b64decode(one["payload"])) for one in lines]


def test_a_scan_is_attested_with_its_source_and_findings(tmp_path: Path) -> None:
    test, scan = told(scanned(tmp_path, flawed(FLAW)))
    assert scan["predicateType"] == "https://in-toto.io/attestation/vulns/v0.2"
    scanner = scan["predicate"]["scanner"]
    assert scanner["uri"] == "pkg:pypi/upgrade-runner"
    assert scanner["version"] == "0.1.0"
    assert {"uri", "version", "lastUpdate"} == set(scanner["db"])
    (finding,) = scanner["result"]
    assert finding["id"] == "CVE-2026-10"
    assert {"method": "cvss_score", "score": "9.8"} in finding["severity"]
    assert finding["annotations"] == [
        {"package": "mlflow"}, {"version": "3.6.0"}, {"fixed_in": "3.9.0"},
    ]  # fmt: skip
    assert scan["predicate"]["metadata"] == {
        "scanStartedOn": "2026-11-22T12:00:00.000+00:00",
        "scanFinishedOn": "2026-11-22T12:00:01.500+00:00",
    }
    names = [one["name"] for one in scan["subject"]]
    manifest = f"{FOLDER}/manifest.json"
    assert names == [manifest, "commit", "locks/after.txt", "example/mlflow:v3"]
    assert scan["subject"][1]["digest"] == {"gitCommit": "c0ffee"}
    assert scan["subject"][2]["digest"] == {"sha256": hashlib.sha256(b"after").hexdigest()}
    assert scan["subject"][3]["digest"] == {"sha256": DIGEST}
    assert [one["name"] for one in test["subject"]] == names


def test_a_baseline_is_of_its_own_lock_and_of_no_image(tmp_path: Path) -> None:
    _, scan = told(scanned(tmp_path, flawed(FLAW), "safety-before.json"))
    names = [one["name"] for one in scan["subject"]]
    assert names[1:] == ["commit", "locks/before.txt"]


def test_each_source_has_a_statement_and_says_what_it_skipped(tmp_path: Path) -> None:
    one = replace(report(advisory(FLAW), source="safety"), tool="safety 2.3.5", database=replace(
        report().database, timestamp="", identity="",
    ))  # fmt: skip
    two = report(source="pip-audit", skipped={"mlflow": "not on the index"})
    _, first, second = told(scanned(tmp_path, snapshot(one, two)))
    scanner = first["predicate"]["scanner"]
    assert (scanner["uri"], scanner["version"]) == ("pkg:pypi/safety", "2.3.5")
    assert list(scanner["db"]) == ["uri"]
    scanner = second["predicate"]["scanner"]
    assert (scanner["uri"], scanner["result"]) == ("pkg:pypi/pip-audit", [])
    assert scanner["skipped"] == {"mlflow": "not on the index"}


def test_what_no_run_has_recorded_is_not_attested(tmp_path: Path) -> None:
    live = scanned(tmp_path, flawed(FLAW))
    (live / "safety-after.json").write_bytes(encode(flawed(FLAW, idna="3.0")))
    assert len(told(live)) == 1


def test_a_scan_that_cannot_be_read_is_not_signed(tmp_path: Path) -> None:
    live = scanned(tmp_path, flawed(FLAW))
    run = (live / "verification/run.json").read_bytes()
    before = hashlib.sha256((live / "safety-after.json").read_bytes()).hexdigest()
    (live / "safety-after.json").write_bytes(b"{}")
    after = hashlib.sha256(b"{}").hexdigest()
    (live / "verification/run.json").write_bytes(run.replace(before.encode(), after.encode()))
    generate("ed25519", tmp_path / "key", "")
    with pytest.raises(SealError, match=r"safety-after\.json cannot be used"):
        seal(live, tmp_path, KeySigner(read_private(tmp_path / "key", "")))
