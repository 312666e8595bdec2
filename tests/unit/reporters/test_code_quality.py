"""GitLab's Code Quality report, and where its places are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import replace
from unit.reporters import samples

from runner.engine.dossier import Dossier
from runner.model import Place, Run
from runner.reporters import context
from runner.reporters.base import Checkout, Context
from runner.reporters.ci.notes import notes_of
from runner.reporters.code_quality import NAME, checkout_of, report

HERE = Checkout(("/builds/group/project",), "/builds/group/project")


def issues(tmp_path: Path, run: Run, checkout: Checkout | None) -> list[dict[str, Any]] | None:
    report(run, Dossier(tmp_path), Context(checkout=checkout))
    path = tmp_path / "live" / run.stage / NAME
    found: list[dict[str, Any]] | None = json.loads(path.read_bytes()) if path.exists() else None
    return found


def at(file: str) -> Run:
    """Give a run with one row that failed, at a line of a file."""
    failed = next(one for one in samples.mixed().results if one.outcome == "failed")
    return samples.run(samples.replaced(failed, place=Place(file, 3, 1), attempts=()))


def test_every_note_with_a_place_is_an_issue(tmp_path: Path) -> None:
    run = samples.mixed()
    found = issues(tmp_path, run, HERE)
    assert found is not None
    assert found[0] == {
        "description": "Artifact push: failed: exit code is 1, expected 0 "
        "hint: Is the tracking server up?",
        "check_name": "upgrade-runner",
        "fingerprint": found[0]["fingerprint"],
        "severity": "critical",
        "location": {"path": samples.PLACE.file, "lines": {"begin": samples.PLACE.line}},
    }
    prints = [one["fingerprint"] for one in found]
    assert len(set(prints)) == len(prints) == len([one for one in notes_of(run, {}) if one.place])


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    assert issues(tmp_path, samples.mixed(), None) is None


def test_a_green_run_leaves_an_empty_list(tmp_path: Path) -> None:
    assert issues(tmp_path, samples.run(*samples.mixed().results[:1]), HERE) == []


@pytest.mark.parametrize(
    ("checkout", "file", "told"),
    [
        (HERE, "tests/a.py", "tests/a.py"),
        (HERE, "/builds/group/project/tests/a.py", "tests/a.py"),
        (HERE, "/elsewhere/a.py", "/elsewhere/a.py"),
        (replace(HERE, folder="/builds/group/project/sub"), "a.py", "sub/a.py"),
        (replace(HERE, roots=("/builds/x", *HERE.roots)), "/builds/x/a.py", "a.py"),
    ],
)
def test_a_place_is_told_from_the_checkout(
    tmp_path: Path, checkout: Checkout, file: str, told: str
) -> None:
    found = issues(tmp_path, at(file), checkout)
    assert found is not None
    assert found[0]["location"]["path"] == told


def test_the_checkout_is_that_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = {"GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/x"}
    assert checkout_of(job) == Checkout(("/builds/x",), str(tmp_path))
    assert checkout_of({"GITLAB_CI": "true"}) == Checkout((str(tmp_path),), str(tmp_path))
    assert checkout_of({"GITHUB_ACTIONS": "true"}) is None
    assert checkout_of({}) is None


def test_shards_may_have_had_it_in_different_places(tmp_path: Path) -> None:
    dossier, run = Dossier(tmp_path), samples.mixed()
    assert context.join(run, dossier, "strict").checkout is None
    for number, root in enumerate(("/builds/x", "/builds/y", "/builds/x"), 1):
        of = structs.replace(run, stage=f"{run.stage}/shards/{number}")
        context.gather(of, dossier, tmp_path, (), "strict", Checkout((root,), root))
    joined = context.join(run, dossier, "strict")
    assert joined.checkout == Checkout(("/builds/x", "/builds/y"), "/builds/x")
    assert context.read(dossier.live, run.stage) == joined
