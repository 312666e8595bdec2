"""``runner fleet``: many repositories under one playbook, in one table with one verdict."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import runner
from support.github import StepLog, outputs_of

BOOK = """\
release: {package: mlflow, version: 3.6.0}
stages:
  verification:
    - {area: Says, run: [cat, answer]}
    - {area: Agrees, run: [grep, -qx, "yes", answer]}
"""
PLAYBOOK = "config/mlflow_release.yaml"


def git(folder: Path, *words: str) -> str:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def bundled(folder: Path, answer: str = "yes", book: str = BOOK, *only: str) -> str:
    """Make a repository whose checks are run and sealed, and give its commit."""
    (folder / "config").mkdir(parents=True)
    (folder / PLAYBOOK).write_text(book)
    (folder / "answer").write_text(f"{answer}\n")
    (folder / ".gitignore").write_text("analysis_outputs/\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", folder.name)
    assert runner("validate", *only, cwd=folder).returncode in {0, 1}
    assert runner("bundle", cwd=folder).returncode == 0
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Make repositories of every kind once; the commit of each by its name."""
    root = tmp_path_factory.mktemp("fleet")
    other = BOOK.replace("[cat, answer]", '["true"]')
    commits = {
        "green": bundled(root / "green"),
        "other-green": bundled(root / "other-green"),
        "red": bundled(root / "red", "no"),
        "book": bundled(root / "book", "yes", other),
        "part": bundled(root / "part", "yes", BOOK, "--only", "agrees"),
    }
    return root, commits


@pytest.fixture
def root(made: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    """Give a folder with the playbook."""
    del made
    (tmp_path / "config").mkdir()
    (tmp_path / PLAYBOOK).write_text(BOOK)
    return tmp_path


class Fleet:
    """A list, and the evidence that came in."""

    def __init__(self, root: Path, made: tuple[Path, dict[str, str]]) -> None:
        self.root = root
        self.source, self.commits = made
        self.asked: list[dict[str, str]] = []
        (root / "reports").mkdir()

    def ask(self, name: str, commit: str | None = None) -> None:
        known = self.commits.get(name, "c" * 40) if commit is None else commit
        self.asked.append({"repository": f"example/{name}", "commit": known})

    def take(self, name: str, home: str = "") -> Path:
        folder = self.root / "reports" / (home or f"example__{name}")
        folder.mkdir(exist_ok=True)
        (bundle,) = (self.source / name / "analysis_outputs").glob("*.tar.gz")
        return Path(shutil.copy(bundle, folder))

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        (self.root / "fleet.json").write_text(json.dumps(self.asked))
        every = ("fleet", "fleet.json", "reports", "--playbook", PLAYBOOK, *words)
        return runner(*every, cwd=self.root, env=env)

    def verdicts(self, *words: str) -> dict[str, tuple[str, str]]:
        told = json.loads(self.run("--json", *words).stdout)
        return {
            one["repository"]: (one["verdict"], "; ".join(one["reasons"]))
            for one in told["repositories"]
        }


@pytest.fixture
def fleet(root: Path, made: tuple[Path, dict[str, str]]) -> Fleet:
    return Fleet(root, made)


def test_all_green(fleet: Fleet) -> None:
    for name in ("green", "other-green"):
        fleet.ask(name)
        fleet.take(name)
    done = fleet.run()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["Repository", "Verdict", "Commit", "Release", "Checks", "Took"]
    commit = fleet.commits["green"][:12]
    assert lines[1].split()[:7] == [
        "example/green", "passed", commit, "mlflow", "3.6.0", "2", "passed",
    ]  # fmt: skip
    assert lines[-1] == f"{PLAYBOOK}, verification: passed, 2 of 2 verdicts passed"


def test_every_kind_of_it_is_named_and_only_green_is_green(fleet: Fleet) -> None:
    for name in ("green", "red", "missing", "book", "part"):
        fleet.ask(name)
    for name in ("green", "red", "book", "part"):
        fleet.take(name)
    fleet.ask("moved", "d" * 40)
    fleet.take("other-green", "example__moved")
    fleet.ask("gone", "")
    fleet.ask("twice")
    fleet.take("green", "example__twice").rename(fleet.root / "reports/example__twice/first.tar.gz")
    fleet.take("green", "example__twice")
    fleet.ask("damaged", fleet.commits["green"])
    damaged = fleet.take("green", "example__damaged")
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    fleet.ask("unreadable")
    (fleet.root / "reports/example__unreadable/x.tar.gz").mkdir(parents=True)
    fleet.take("green", "example__stranger")

    found = fleet.verdicts()

    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "example/green": "passed",
        "example/red": "failed",
        **dict.fromkeys(
            (f"example/{one}" for one in (
                "missing", "book", "part", "moved", "gone", "twice", "damaged", "unreadable",
            )),
            "errored",
        ),
        "example__stranger": "errored",
    }  # fmt: skip
    for name, reason in {
        "example/green": "",
        "example/red": "verification/run.json: its verdict is failed",
        "example/missing": "no bundle: its job has left no verdict",
        "example/book": "is of playbook ",
        "example/part": "only 1 of 2 checks were run",
        "example/moved": f"is of commit {fleet.commits['other-green']}, not {'d' * 40}",
        "example/gone": "its commit was not found",
        "example/twice": "2 bundles, where one is meant",
        "example/damaged": "the bundle does not hold: ",
        "example/unreadable": "cannot read ",
        "example__stranger": "nobody asked for it",
    }.items():
        assert reason in found[name][1], name


def test_a_verdict_of_another_stage_profile_or_release_is_none(fleet: Fleet) -> None:
    fleet.ask("green")
    fleet.take("green")
    for words, told in (
        (("--stage", "rollout"), "it holds no run of the stage 'rollout'"),
        (("--profile", "docker"), "is of profile none, not docker"),
        (("--release", "3.7.0"), "is of version 3.6.0, not 3.7.0"),
    ):
        verdict, reason = fleet.verdicts(*words)["example/green"]
        assert (verdict, reason.endswith(told)) == ("errored", True), reason
        assert fleet.run(*words).returncode == 3


def test_the_exit_code_is_that_of_the_worst(fleet: Fleet) -> None:
    fleet.ask("green")
    fleet.take("green")
    assert fleet.run().returncode == 0
    fleet.ask("red")
    fleet.take("red")
    assert fleet.run().returncode == 1
    fleet.ask("missing")
    assert fleet.run().returncode == 3
    shutil.rmtree(fleet.root / "reports")
    assert fleet.run().returncode == 3


def test_what_it_leaves_and_tells_github(fleet: Fleet) -> None:
    for name in ("green", "red"):
        fleet.ask(name)
        fleet.take(name)
    files = {name: str(fleet.root / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    done = fleet.run(GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(fleet.root), **files)
    assert done.returncode == 1
    assert StepLog().read(done.stderr).annotations() == [
        "error title=example/red%3A failed: verification/run.json: its verdict is failed"
    ]
    assert outputs_of(Path(files["GITHUB_OUTPUT"])) == {
        "verdict": "failed",
        "failed": '["example/red"]',
    }
    summary = Path(files["GITHUB_STEP_SUMMARY"]).read_text()
    assert summary == (fleet.root / "analysis_outputs/fleet.md").read_text()
    assert summary.startswith("## config/mlflow\\_release.yaml, verification: failed, 1 of 2")
    assert "| example/green | passed |" in summary
    told: dict[str, Any] = json.loads((fleet.root / "analysis_outputs/fleet.json").read_text())
    schema = json.loads(runner("schema", "fleet", cwd=fleet.root).stdout)
    jsonschema.validate(told, schema)
    assert [one["run"]["outcomes"] for one in told["repositories"]] == [
        {"passed": 2}, {"passed": 1, "failed": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("[]", "names no repository: nothing ran"),
        ("{", "is no list of repositories"),
        ('[{"repository": "x", "commit": ""}]', "is no list of repositories"),
        ('[{"repository": "a/b", "commit": "main"}]', "is no list of repositories"),
        ('[{"repository": "a/b", "commit": "", "folder": ".."}]', "is no list of repositories"),
        ('[{"repository": "a/b", "commit": "", "folder": "x/y"}]', "is no list of repositories"),
        ('[{"repository": "a/b", "commit": ""}, {"repository": "A/b", "commit": ""}]', "twice"),
        (
            '[{"repository":"a/b","commit":""},{"repository":"a/c","commit":"","folder":"a__b"}]',
            "names a__b twice",
        ),
    ],
)
def test_a_list_that_is_none_is_refused(fleet: Fleet, listed: str, told: str) -> None:
    (fleet.root / "list.json").write_text(listed)
    done = runner("fleet", "list.json", "reports", "-p", PLAYBOOK, cwd=fleet.root)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (fleet.root / "analysis_outputs").exists()


def test_what_cannot_be_read_or_written_is_told(fleet: Fleet) -> None:
    fleet.ask("green")
    missing = runner("fleet", "none.json", "reports", "-p", PLAYBOOK, cwd=fleet.root)
    assert (missing.returncode, "cannot read none.json" in missing.stderr) == (2, True)
    (fleet.root / "file").write_text("")
    book = fleet.run("--playbook", "none.yaml")
    assert (book.returncode, "cannot read none.yaml" in book.stderr) == (2, True)
    output = fleet.run("--output", "file/below")
    assert (output.returncode, "cannot write file/below" in output.stderr) == (3, True)
    (fleet.root / "loop").symlink_to("loop")
    loop = runner("fleet", "fleet.json", "loop", "-p", PLAYBOOK, cwd=fleet.root)
    assert (loop.returncode, "cannot read loop" in loop.stderr) == (2, True)
