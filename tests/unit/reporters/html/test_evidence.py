"""What is read of a dossier, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from unit.reporters.html.dossiers import LATER, made, put, scan, stage, text, upgraded, written
from unit.reporters.html.dossiers import page as parsed
from unit.reporters.samples import NOON, mixed
from unit.reporters.snapshots import real

from runner.advisories.safety_document import encode
from runner.engine.dossier import Dossier
from runner.errors import DossierError
from runner.model import Case, Outcome
from runner.reporters.html.evidence import gather
from runner.reporters.html.journal import JournalHead, journal_head
from runner.reporters.html.scanned import scans_of
from runner.reporters.html.vulnerabilities import accepted, vulnerabilities


def line(event: str) -> bytes:
    return json.dumps({"event": event}).encode()


@pytest.mark.parametrize("end", [b"", line("run_ended") + b"\n", b'{"torn'])
def test_the_journals_head_is_that_before_the_reports(tmp_path: Path, end: bytes) -> None:
    dossier = made(tmp_path, mixed())
    first = line("run_ended") + b"\n" + line("check_ended")
    dossier.write("journal.jsonl", first + b"\n" + end)
    head = gather(dossier, dossier.runs()[-1]).journal
    assert head.lines == 2
    assert head.sha256 == hashlib.sha256(line("check_ended")).hexdigest()


@pytest.mark.parametrize("block", [1, 7, 64, 4096])
def test_the_journals_head_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("runner.reporters.html.journal._BLOCK", block)
    path = tmp_path / "journal.jsonl"
    lines = [json.dumps({"event": "check_ended", "n": "x" * n}).encode() for n in range(9)]
    for count in range(10):
        whole = b"".join(one + b"\n" for one in lines[:count])
        path.write_bytes(whole + b'{"torn')
        last = hashlib.sha256(lines[count - 1]).hexdigest() if count else ""
        assert journal_head(path) == JournalHead(count, last)
        path.write_bytes(whole + line("run_ended") + b"\n")
        assert journal_head(path) == JournalHead(count, last)


def test_no_journal_has_no_head(tmp_path: Path) -> None:
    dossier = made(tmp_path, mixed())
    dossier.journal.unlink()
    assert gather(dossier, dossier.runs()[-1]).journal.lines == 0
    assert gather(dossier, dossier.runs()[-1]).journal.sha256 == ""


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    dossier = made(tmp_path, mixed())
    dossier.write("journal.jsonl", b"{\n")
    with pytest.raises(DossierError, match=r"journal\.jsonl: its last line is damaged"):
        written(dossier)


def test_a_journal_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    dossier = made(tmp_path, mixed())
    dossier.journal.unlink()
    dossier.journal.mkdir()
    with pytest.raises(DossierError, match=r"cannot read .*journal\.jsonl: Is a directory"):
        written(dossier)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_damaged_upgrade_is_named(tmp_path: Path, content: bytes) -> None:
    dossier = made(tmp_path, mixed())
    dossier.write("upgrade.json", content)
    with pytest.raises(DossierError, match=r"upgrade\.json is not as the runner wrote it"):
        written(dossier)


def test_earlier_runs_are_listed(tmp_path: Path) -> None:
    first = stage("verification", NOON)
    second = replace(first, id="verification-2", started=LATER)
    root = parsed(made(tmp_path, first, second))
    assert "1 earlier run in this dossier" in " ".join(text(root, "#provenance"))
    assert "verification-1" in " ".join(text(root, "#provenance"))


def set_aside(dossier: Dossier) -> Dossier:
    """Run a stage again, and scan nothing."""
    again = replace(stage("verification", "2026-11-22T13:00:00+00:00"), id="verification-2")
    dossier.begin(again.stage, again.id)
    dossier.write_run(again)
    return dossier


def test_a_scan_of_a_run_that_was_set_aside_counts(tmp_path: Path) -> None:
    dossier = set_aside(upgraded(tmp_path))
    scans = scans_of(gather(dossier, dossier.runs()[-1]), dossier)
    assert scans.after is not None
    assert scans.diff is not None


def test_a_scan_that_nobody_recorded_does_not(tmp_path: Path) -> None:
    dossier = made(tmp_path, stage("verification", NOON))
    dossier.write("safety-after.json", encode(real("3.6.0")))
    assert scans_of(gather(dossier, dossier.runs()[-1]), dossier).after is None
    assert text(parsed(dossier), "#vulnerabilities") == []


@pytest.mark.parametrize("name", ["safety-before.json", "safety-diff.json", "locks/diff.json"])
def test_a_changed_document_is_refused(tmp_path: Path, name: str) -> None:
    dossier = upgraded(tmp_path)
    dossier.write(name, (dossier.live / name).read_bytes() + b"\n")
    with pytest.raises(DossierError, match=rf"{name} is not what was recorded"):
        written(dossier)


def test_a_lost_document_is_named(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    (dossier.live / "safety-after.json").unlink()
    with pytest.raises(DossierError, match=r"cannot read .*safety-after\.json"):
        written(dossier)


def test_a_document_of_another_version_is_named(tmp_path: Path) -> None:
    dossier = made(tmp_path)
    after = put(dossier, "safety-after.json", b'{"format": "upgrade-runner/safety/9"}')
    dossier.begin("verification", "1")
    dossier.write_run(stage("verification", NOON, scan(after)))
    with pytest.raises(DossierError, match=r"safety-after\.json cannot be read"):
        written(dossier)


def only(folder: Path, name: str, *cases: Case) -> Dossier:
    dossier = made(folder)
    document = put(dossier, name, encode(real("3.17.2")))
    dossier.begin("verification", "1")
    dossier.write_run(stage("verification", NOON, scan(document, cases=cases)))
    return dossier


@pytest.mark.parametrize("name", ["safety-before.json", "safety-after.json"])
def test_one_scan_alone_is_shown_as_it_is(tmp_path: Path, name: str) -> None:
    dossier = only(tmp_path, name)
    found = vulnerabilities(scans_of(gather(dossier, dossier.runs()[-1]), dossier))
    assert [row.fate for row in found.rows] == ["there"]
    counts = found.before if name == "safety-before.json" else found.after
    assert counts == {"high": 1}
    assert "CVE-2026-96775" in text(parsed(dossier), "#vulnerabilities")[0]


@pytest.mark.parametrize(
    ("outcome", "policy"),
    [
        (Outcome.FAILED, "forbidden"),
        (Outcome.SKIPPED, "waived"),
        (Outcome.PASSED, "allowed"),
        (Outcome.ERRORED, ""),
    ],
)
def test_the_gates_cases_are_the_policy(tmp_path: Path, outcome: Outcome, policy: str) -> None:
    case = Case("mlflow", "CVE-2026-96775", outcome, message="because")
    dossier = only(tmp_path, "safety-after.json", case)
    (row,) = vulnerabilities(scans_of(gather(dossier, dossier.runs()[-1]), dossier)).rows
    assert row.policy == policy
    assert row.detail == "no fixed version is named"


def test_waivers_in_force_come_first(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    states = [
        (one.id, one.state)
        for one in accepted(scans_of(gather(dossier, dossier.runs()[-1]), dossier).diff)
    ]
    assert states == [("CVE-2026-96775", "in force"), ("CVE-1999-1", "unused")]


def test_without_a_judgement_there_are_no_waivers() -> None:
    assert accepted(None) == ()


def test_a_baseline_that_was_taken_anew_is_told(tmp_path: Path) -> None:
    dossier = upgraded(tmp_path)
    newer = dataclasses.replace(real("3.6.0"), taken="2026-11-23T12:00:00+00:00")
    again = stage("preflight", LATER, scan(put(dossier, "safety-before.json", encode(newer))))
    dossier.begin("preflight", "preflight-2")
    dossier.write_run(replace(again, id="preflight-2"))
    assert "The baseline was taken anew" in " ".join(text(parsed(dossier), ".cautions"))
