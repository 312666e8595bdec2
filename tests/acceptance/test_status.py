"""``runner status`` in a repository, as a user and as a gate of CI."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from support.command import runner

PLAYBOOK = """\
release: {package: mlflow, version: 3.6.0, status: fine, cves: [CVE-2026-0596]}
owners: {dri: ML Lead, notify: [security, compliance]}
pins:
  - {file: r.txt, requirement: mlflow}
  - {file: Dockerfile, docker_arg: V}
stages:
  preflight: [{area: Save, run: ["true"]}]
  verification:
    - {area: Good, run: ["true"]}
    - {area: Bad, run: ["test", "-e", "mended"]}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "mlflow_release.yaml").write_text(PLAYBOOK)
    (tmp_path / "r.txt").write_text("mlflow==3.6.0\n")
    (tmp_path / "Dockerfile").write_text("FROM x\nARG V=3.6.0\n")
    return tmp_path


def _status(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return runner("status", *words, cwd=repository)


def test_from_nothing_to_done(repository: Path) -> None:
    done = _status(repository, "--check")
    assert done.stdout == (
        "mlflow 3.6.0 · upgrade queued\n"
        "fine\n"
        "\n"
        "  · preflight ── ✓ bump ── · verification\n"
        "\n"
        "Owner         ML Lead · notify security, compliance\n"
        "Pins          ✓ 2 places in sync\n"
        "  ✓ r.txt:1  requirement mlflow  3.6.0\n"
        "  ✓ Dockerfile:2  docker_arg V  3.6.0\n"
        "Advisories    · not known\n"
        "  tracked, but not told of by a source: CVE-2026-0596\n"
        "  ! no source can be asked without a network; `runner triage` asks them\n"
        "Preflight     · 0 of 1 check passed · never run\n"
        "  · Save  not yet\n"
        "Verification  · 0 of 2 checks passed · never run\n"
        "  · Good  not yet\n"
        "  · Bad   not yet\n"
        "\n"
        "Next          runner run preflight\n"
        "              preflight is not yet\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("run preflight", "validate", "validate --resume"):
        told = json.loads(_status(repository, "--json").stdout)["next"]
        assert told["command"] == f"runner {command}"
        code = runner(*command.split(), cwd=repository).returncode
        assert code == (1 if command == "validate" else 0)
        if code:
            (repository / "mended").write_text("")
    told = _status(repository).stdout
    assert "  ✓ preflight ── ✓ bump ── ✓ verification\n" in told
    assert "Next          runner bump --upgrade-status done\n" in told
    (repository / "config" / "mlflow_release.yaml").write_text(PLAYBOOK.replace("mended", "r.txt"))
    told = _status(repository).stdout
    assert "  ~ Bad   stale · " in told
    assert "Next          runner validate\n" in told


def test_a_journal_that_was_changed_is_not_believed(repository: Path) -> None:
    runner("validate", cwd=repository)
    journal = repository / "analysis_outputs" / "live" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"outcome":"failed"', b'"outcome":"passed"'))
    done = _status(repository)
    assert done.returncode == 3
    assert "journal.jsonl" in done.stderr


def test_drift_is_shown_and_fails_only_the_gate(repository: Path) -> None:
    (repository / "Dockerfile").write_text("ARG V=3.5.0\n")
    (repository / "r.txt").unlink()

    done = _status(repository, "--check")

    assert done.returncode == 1
    assert "  ✓ preflight" not in done.stdout
    assert "  · preflight ── ✗ bump ── · verification\n" in done.stdout
    assert (
        "Pins          ✗ 2 of 2 places drifted\n"
        "  ✗ r.txt: cannot be read: No such file or directory\n"
        "    hint: name a file of the repository\n"
        "  ✗ Dockerfile:1  docker_arg V  has '3.5.0', wants '3.6.0'\n"
    ) in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Next          mend what has drifted in r.txt")
    assert _status(repository).returncode == 0


def test_json_says_the_same_and_fits_its_schema(repository: Path) -> None:
    (repository / "Dockerfile").write_text("ARG V=3.5.0\n")
    runner("validate", cwd=repository)
    told = json.loads(_status(repository, "--json").stdout)
    assert told["in_sync"] is False
    assert told["release"]["version"] == "3.6.0"
    assert told["from_version"] == "3.6.0"
    assert [one["in_sync"] for one in told["pins"]] == [True, False]
    assert told["pins"][1]["has"] == "3.5.0"
    assert [one["state"] for one in told["stages"][1]["checks"]] == ["passed", "failed"]
    schema = json.loads(runner("schema", "status", cwd=repository).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(told)


def test_colours_are_for_who_asks(repository: Path) -> None:
    assert "\x1b" not in _status(repository).stdout
    assert "\x1b[32m✓" in _status(repository, "--color").stdout


def test_another_folder_of_evidence_is_named_in_what_is_next(repository: Path) -> None:
    told = json.loads(
        _status(repository, "--json", "--output", "out", "--set", "release.status=x").stdout
    )
    assert told["next"]["command"] == "runner run preflight --set release.status=x --output out"


def test_a_commit_makes_what_was_run_before_stale(repository: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *words], cwd=repository, check=True)

    (repository / ".gitignore").write_text("analysis_outputs/\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "start")
    runner("validate", cwd=repository)
    before = json.loads(_status(repository, "--json").stdout)["stages"][1]
    assert (before["state"], before["remark"]) == ("failed", "")
    git("commit", "-q", "--allow-empty", "-m", "more")
    after = json.loads(_status(repository, "--json").stdout)["stages"][1]
    assert after["state"] == "stale"
    assert after["remark"].startswith("run at commit ")


def test_a_playbook_without_pins_has_nothing_to_drift(repository: Path) -> None:
    (repository / "config" / "mlflow_release.yaml").write_text(
        "release: {package: a, version: '1'}\nstages: {verification: [{area: A, run: ['true']}]}\n"
    )
    done = _status(repository, "--check")
    assert done.returncode == 0
    assert "Pins          · none: nothing repeats the version\n" in done.stdout


def test_an_invalid_playbook_is_no_drift(repository: Path) -> None:
    (repository / "config" / "mlflow_release.yaml").write_text("release: 1\n")
    assert _status(repository, "--check").returncode == 2
