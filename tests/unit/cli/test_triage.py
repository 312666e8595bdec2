"""``runner triage`` as a user meets it, with the real pip and a server on this machine."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from unit.kinds.servers import text
from unit.release.triaging import PLAYBOOK, Workshop, offline, workshop

from runner.cli import main
from runner.errors import ExitCode


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        for name, value in running.lent.env.items():
            monkeypatch.setenv(name, value)
        for name in ("GITHUB_TOKEN", "GH_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(running.lent.repository)
        running.triage()  # writes the playbook
        yield running


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["triage", "-p", "playbook.yaml", *args])


def test_a_person_reads_which_step_to_take(made: Workshop) -> None:
    result = run()
    assert result.exit_code == ExitCode.PASSED, result.output
    assert result.output.startswith("demo 1.0: take 1.2\n")
    assert "→ 1.2" in result.output
    assert made.server.url in result.output


def test_a_program_reads_json(made: Workshop) -> None:
    del made
    result = run("--json")
    assert json.loads(result.stdout)["recommendation"]["version"] == "1.2"
    assert result.exit_code == ExitCode.PASSED


def test_an_issue_gets_markdown(made: Workshop) -> None:
    del made
    assert run("--format", "markdown").output.startswith("## demo 1.0: take 1.2\n")


def test_without_the_index_the_exit_code_says_that_nothing_is_known(made: Workshop) -> None:
    offline(made)
    before = Path("playbook.yaml").read_bytes()
    result = run("--write")
    assert result.exit_code == ExitCode.ERRORED
    assert "503 error responses" in result.output
    assert result.output.startswith("demo 1.0: what is newer is not known\n")
    assert "the package index was not reached" in result.output
    assert Path("playbook.yaml").read_bytes() == before


def test_tokens_are_taken_from_the_environment_and_shown_nowhere(
    made: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_secretsecret")
    made.upstream = "upstream: {dependabot: o/demo, api: '{url}/api'}"
    made.triage()
    path = "/api/repos/o/demo/dependabot/alerts"
    made.server.answers[path] = text(403, "ghp_secretsecret")
    result = run()
    assert result.exit_code == ExitCode.PASSED
    assert "status 403" in " ".join(result.output.split())
    assert "secretsecret" not in result.output
    assert made.server.seen[-1][2]["authorization"] == "Bearer ghp_secretsecret"


def test_what_was_recommended_is_recorded_once(made: Workshop) -> None:
    del made
    file = Path("playbook.yaml")
    file.chmod(0o640)
    before = file.read_text(encoding="utf-8")
    result = run("--write")
    assert result.exit_code == ExitCode.PASSED, result.output
    assert "playbook.yaml: release.target is 1.2, release.triaged is 20" in result.stderr
    after = file.read_text(encoding="utf-8")
    assert 'version: "1.0", target: "1.2", triaged: "20' in after
    assert len(after.splitlines()) == len(before.splitlines())
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    inode = file.stat().st_ino
    assert run("--write").exit_code == ExitCode.PASSED
    assert file.read_text(encoding="utf-8") == after
    assert file.stat().st_ino == inode


def test_where_nothing_is_recommended_only_the_day_is_recorded(made: Workshop) -> None:
    made.offer("1.0")
    result = run("--write")
    assert result.exit_code == ExitCode.PASSED
    text_ = Path("playbook.yaml").read_text(encoding="utf-8")
    assert "triaged:" in text_
    assert "target" not in text_


def test_a_playbook_behind_a_link_out_of_the_repository_is_not_written(
    made: Workshop, tmp_path: Path
) -> None:
    del made
    outside = tmp_path / "outside.yaml"
    Path("playbook.yaml").rename(outside)
    Path("playbook.yaml").symlink_to(outside)
    Path(".git").mkdir()
    before = outside.read_bytes()
    result = run("--write")
    assert result.exit_code == ExitCode.INVALID
    assert "leads out of the repository" in result.output
    assert outside.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(
    made: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    del made
    monkeypatch.setattr("runner.release.triage_write.replace_file", refuse)
    result = run("--write")
    assert result.exit_code == ExitCode.INVALID
    assert "playbook.yaml cannot be written: Read-only file system" in result.output


def test_a_playbook_that_changed_meanwhile_is_not_written(made: Workshop) -> None:
    def change(_: object) -> bool:
        with Path("playbook.yaml").open("a", encoding="utf-8") as stream:
            stream.write("# mine\n")
        return True

    page = made.server.answers["/simple/demo/"]
    made.server.answers["/simple/demo/"] = lambda handler: (change(handler), page(handler))[1]
    result = run("--write")
    assert result.exit_code == ExitCode.INVALID
    assert "has changed since it was read" in result.output


def test_a_playbook_that_is_wrong_is_told_before_anybody_is_asked(made: Workshop) -> None:
    made.server.seen.clear()
    Path("playbook.yaml").write_text(f"{PLAYBOOK}\nupstream: {{min_age: 3}}", encoding="utf-8")
    assert run().exit_code == ExitCode.INVALID
    assert not made.server.seen


STAGE = """  triage:
    - area: Migrations
      run: 'test "$UPGRADE_CANDIDATE" != "$REFUSED" && echo "$UPGRADE_CANDIDATE brings two"'
      with: {outputs: {migrations: stdout}}
"""


def test_a_stage_tells_of_migrations(made: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    del made
    book = Path("playbook.yaml")
    book.write_text(book.read_text() + STAGE)
    monkeypatch.setenv("REFUSED", "")
    told = {one["version"]: one for one in json.loads(run("--json").stdout)["candidates"]}
    assert told["1.2"]["migrations"] == "1.2 brings two"
    asked = {version for version, one in told.items() if one["migrations"]}
    assert asked == {version for version, one in told.items() if one["resolves"] == "yes"}
    monkeypatch.setenv("REFUSED", "1.2")
    told = {one["version"]: one for one in json.loads(run("--json").stdout)["candidates"]}
    assert told["1.2"]["migrations"].startswith("unknown: Migrations: ")


def test_all_leaves_none_untried(made: Workshop) -> None:
    del made
    few = json.loads(run("--json").stdout)
    every = json.loads(run("--all", "--json").stdout)
    untried = [one["version"] for one in few["candidates"] if one["resolves"] == "not tried"]
    assert "1.1" in untried
    answers = {one["resolves"] for one in every["candidates"] if one["eligible"]}
    assert answers == {"yes", "no"}
    assert every["recommendation"] == few["recommendation"]
