"""``runner advisories`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from unit.advisories.records import ROOT, SNAPSHOT, folder, record

from runner.cli import main
from runner.errors import ExitCode


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["advisories", *args], terminal_width=200)


def test_the_default_database_is_that_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("mlflow", "3.6.0", "3.11.1", "3.17.2")
    assert result.exit_code == ExitCode.PASSED, result.output
    head, _, *body = result.output.splitlines()
    assert head == "mlflow: 29 of 94 known advisories affect 3.6.0 or 3.11.1 or 3.17.2"
    assert body[0].split() == ["Severity", "Advisory", "3.6.0", "3.11.1", "3.17.2"]
    rows = {line[15:35].strip(): line[35:].split("  ") for line in body[1:30]}
    told = {name: [cell.strip() for cell in cells if cell] for name, cells in rows.items()}
    assert told["CVE-2026-0545"] == ["AFFECTED, no fix named", "out of range", "out of range"]
    assert told["CVE-2026-96775"] == ["AFFECTED, no fix named"] * 3
    assert told["CVE-2025-15379"] == [
        "AFFECTED, fixed in 3.8.1",
        "fixed in 3.8.1",
        "fixed in 3.8.1",
    ]
    assert body[-5:-2] == [
        "3.6.0   28 affecting it, 0 fixed, 0 out of range, 1 not affected",
        "3.11.1  9 affecting it, 18 fixed, 2 out of range, 0 not affected",
        "3.17.2  1 affecting it, 25 fixed, 3 out of range, 0 not affected",
    ]
    assert body[-1].startswith(
        "database config/advisories: 124 records, newest of 2026-11-22, sha256 "
    )
    assert all(line == line.rstrip() for line in result.output.splitlines())


def test_json_says_the_same() -> None:
    result = run("MLflow", "3.6", "--json", "--database", str(SNAPSHOT))
    assert result.exit_code == ExitCode.PASSED
    document = json.loads(result.output)
    assert document["versions"] == ["3.6"]
    assert document["totals"]["3.6"]["affected"] == len(document["findings"]) == 28


def test_nothing_found_is_said_with_what_was_looked_at(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record(events=[{"introduced": "0"}, {"fixed": "1"}]))
    result = run("mlflow", "2", "--database", str(path))
    assert result.exit_code == ExitCode.PASSED
    lines = result.output.splitlines()
    assert lines[0] == "mlflow: 0 of 1 known advisories affect 2"
    assert lines[2] == "2  0 affecting it, 0 fixed, 0 out of range, 0 not affected"


def test_severity_that_is_not_known_is_said(tmp_path: Path) -> None:
    result = run("mlflow", "2", "--database", str(folder(tmp_path / "db", record())))
    assert "unknown   PYSEC-1   AFFECTED, no fix named" in result.output.splitlines()


def test_problems_that_are_not_about_the_package_are_told(tmp_path: Path) -> None:
    double = record("X", [{"introduced": "1"}], "flask")
    path = folder(tmp_path / "db", record(), record("X", package="flask"), double)
    result = run("mlflow", "2", "--database", str(path))
    assert result.exit_code == ExitCode.PASSED
    assert result.output.splitlines()[-1] == (
        "unreadable, not about mlflow: "
        "2.json: X stands in 1.json too, with other content of the same date"
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("mlflow",), "Missing argument 'VERSION...'"),
        (("mlflow", "latest"), "runner: 'latest' is not a version (PEP 440)"),
        (("mlflow[extras]", "3.6.0"), "runner: 'mlflow[extras]' is not the name of a package"),
    ],
)
def test_wrong_usage(args: tuple[str, ...], said: str) -> None:
    result = run(*args)
    assert result.exit_code == ExitCode.INVALID
    assert said in result.output


def test_what_cannot_be_decided(tmp_path: Path) -> None:
    nowhere, empty = tmp_path / "nowhere", folder(tmp_path / "empty")
    cut = folder(tmp_path / "cut", record(), b'{"id": "PYSEC-2", "affec')
    other = folder(tmp_path / "other", record(package="flask"))
    for path, said in (
        (nowhere, "there is no advisory database"),
        (empty, "is empty"),
        (cut, "1.json: not JSON"),
        (other, "has no record of mlflow"),
    ):
        for form in ((), ("--json",)):
            result = run("mlflow", "3.6.0", "--database", str(path), *form)
            assert result.exit_code == ExitCode.ERRORED
            assert said in result.output
            assert "  hint: " in result.output
            assert "affecting" not in result.output


def test_the_database_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_DATABASE", str(folder(tmp_path / "db", record())))
    assert "1 affecting it" in run("mlflow", "1").output


def test_an_export_for_safety(tmp_path: Path) -> None:
    database = folder(tmp_path / "osv", record("CVE-2026-1"), record("CVE-2026-2", package="-"))
    result = run("export", "--schema", "2", "--database", str(database), str(tmp_path / "db"))
    assert result.exit_code == ExitCode.PASSED, result.output
    assert result.stdout == f"{tmp_path}/db: safety-db of schema 2, 1 flaw of 1 package\n"
    assert "left out: 1.json: " in result.stderr
    content = json.loads((tmp_path / "db" / "insecure_full.json").read_bytes())
    assert content["mlflow"][0]["cve"] == "CVE-2026-1"


def test_the_group_shows_its_own_help() -> None:
    result = run("--help")
    assert result.exit_code == ExitCode.PASSED
    assert "PACKAGE VERSION... | COMMAND" in result.output
