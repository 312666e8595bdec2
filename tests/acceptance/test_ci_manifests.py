"""``deployment/ci``: each manifest against its schema, and its scripts carried out.

Five shards are five processes of the manifest's own script, each in a clone of its own and with the
variables that its engine sets; what they leave is joined by the manifest's script too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from acceptance.test_fleet import git
from support.command import BIN, environment, runner
from support.github_api import REPOSITORY, github_api
from support.workflow import Done, Job

from runner.evidence.verification import verify

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "deployment/ci"
COUNT = 5
BOOK = """\
release: {package: mlflow, version: 3.6.0}
stages:
  verification:
    - {area: One, run: [cat, answer]}
    - {area: Two, run: [grep, -qx, agreed, answer]}
    - {area: Three, run: ["true"]}
    - {area: Four, run: ["true"], needs: [three]}
    - {area: Five, run: ["true"]}
    - {area: Six, run: ["true"]}
    - {area: Seven, run: ["true"]}
"""
AREAS = ["one", "two", "three", "four", "five", "six", "seven"]
Script = tuple[Sequence[str], Path, Mapping[str, str]]
"""A command line, the folder it runs in, and its variables."""


@pytest.fixture(params=["agreed", "refused"])
def answer(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def origin(tmp_path: Path, answer: str) -> Path:
    """Make the repository whose stage is spread."""
    made = tmp_path / "origin"
    (made / "config").mkdir(parents=True)
    (made / "config/mlflow_release.yaml").write_text(BOOK)
    (made / "answer").write_text(f"{answer}\n")
    (made / ".gitignore").write_text("shards/\nanalysis_outputs/\n")
    git(made, "init", "-q", "-b", "main")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "all")
    return made


def clone(origin: Path, name: str) -> Path:
    git(origin.parent, "clone", "-q", str(origin), name)
    return origin.parent / name


def at_once(scripts: Sequence[Script]) -> list[subprocess.CompletedProcess[str]]:
    """Run them side by side, as machines do."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = [
        subprocess.Popen(argv, cwd=folder, env=environment(env), text=True, **pipes)  # type: ignore[call-overload]
        for argv, folder, env in scripts
    ]
    ended = []
    for one in running:
        told, _ = one.communicate(timeout=300)
        ended.append(subprocess.CompletedProcess(one.args, one.returncode, told))
    return ended


def holds(output: Path, answer: str, exit_code: int) -> None:
    """Hold what was joined against what an unsharded run would say."""
    run = json.loads((output / "live/verification/run.json").read_text())
    assert [one["check"] for one in run["results"]] == AREAS
    assert run["verdict"] == ("passed" if answer == "agreed" else "failed")
    assert exit_code == (0 if answer == "agreed" else 1)
    (bundle,) = output.glob("*.tar.gz")
    assert verify(bundle).holds


# ---------------------------------------------------------------- GitLab


def gitlab() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((MANIFESTS / "gitlab.yml").read_text())
    return found


def gitlab_job(name: str, folder: Path, **more: str) -> Script:
    """Give the script of a job, which GitLab runs in one shell that ends at the first error."""
    job = gitlab()[name]
    env = {
        **{key: str(value) for key, value in gitlab()["variables"].items()},
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(folder),
        **more,
    }
    return ("bash", "-eo", "pipefail", "-c", "\n".join(job["script"])), folder, env


def gitlab_shards(origin: Path) -> list[subprocess.CompletedProcess[str]]:
    assert gitlab()["shard"]["parallel"] == COUNT
    numbers = range(1, COUNT + 1)
    total = {"CI_NODE_TOTAL": str(COUNT)}
    return at_once(
        [
            gitlab_job("shard", clone(origin, f"node{number}"), CI_NODE_INDEX=str(number), **total)
            for number in numbers
        ]
    )


def gitlab_merge(origin: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Give the job what the artifacts of the others hold, and run it."""
    folder = clone(origin, "merge")
    (paths,) = gitlab()["shard"]["artifacts"]["paths"]
    for node in sorted(origin.parent.glob("node*")):
        if (node / paths).is_dir():
            shutil.copytree(node / paths, folder / paths, dirs_exist_ok=True)
    return folder, at_once([gitlab_job("merge", folder)])[0]


def test_gitlab_spreads_and_joins(origin: Path, answer: str) -> None:
    (lint,) = at_once([gitlab_job("lint", clone(origin, "lint"))])
    assert lint.returncode == 0, lint.stdout
    ended = gitlab_shards(origin)
    assert max(one.returncode for one in ended) == (0 if answer == "agreed" else 1)
    folder, merged = gitlab_merge(origin)
    holds(folder / "analysis_outputs", answer, merged.returncode)
    declared = gitlab()["merge"]["artifacts"]["reports"]
    for path in declared.values():
        there = folder / path.replace("$UPGRADE_STAGE", "verification")
        assert there.is_file(), path
        if there.suffix == ".json":
            issues = json.loads(there.read_text())
            places = {one["location"]["path"] for one in issues}
            assert places == (set() if answer == "agreed" else {"config/mlflow_release.yaml"})
            written = there.read_bytes()
            there.unlink()
            assert runner("report", cwd=folder).returncode == 0
            assert there.read_bytes() == written


@pytest.mark.parametrize("answer", ["agreed"])
def test_a_machine_of_gitlab_that_died_is_never_green(origin: Path) -> None:
    gitlab_shards(origin)
    shutil.rmtree(origin.parent / "node3")
    _, merged = gitlab_merge(origin)
    assert merged.returncode == 3
    assert "3/5" in merged.stdout


@pytest.mark.parametrize("answer", ["agreed"])
def test_a_merge_request_of_gitlab_compares_with_its_target(origin: Path) -> None:
    argv, folder, env = gitlab_job("shard", clone(origin, "node1"), CI_NODE_INDEX="1")
    line = next(one for one in gitlab()["shard"]["script"] if "RUNNER_BASE" in one)
    told = (*argv[:-1], f'{line}\necho "base=${{RUNNER_BASE:-}}"')
    for target, base in (("main", "origin/main"), ("", "")):
        more = {**env, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target}
        (ended,) = at_once([(told, folder, more)])
        assert ended.stdout == f"base={base}\n"


# ---------------------------------------------------------------- Kubernetes


def kubernetes(**names: str) -> list[dict[str, Any]]:
    """Read the manifest with its names filled in, as envsubst does it."""
    known = {"RUN": "first", "IMAGE": "upgrade-runner", "REPOSITORY": "-", "COMMIT": "-", **names}
    text = (MANIFESTS / "kubernetes.yaml").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(known)
    for name, value in known.items():
        text = text.replace(f"${{{name}}}", value)
    return list(yaml.safe_load_all(text))


def pod(job: dict[str, Any], volume: Path, scratch: Path, **more: str) -> Script:
    """Give the script of a pod, with its volumes where they are on this machine."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    mounted = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    assert mounted == {"/evidence": "evidence", "/scratch": "scratch"}
    scratch.mkdir()
    env = {
        one["name"]: one["value"]
        .replace("/evidence", str(volume))
        .replace("/scratch", str(scratch))
        for one in container["env"]
    }
    return (*container["command"], *container["args"]), scratch, {**env, **more}


def pods(origin: Path, indexes: Sequence[int]) -> tuple[Path, list[Script], Script]:
    commit = git(origin, "rev-parse", "HEAD")
    _, shards, verdict = kubernetes(REPOSITORY=str(origin), COMMIT=commit)
    assert shards["spec"]["completions"] == COUNT
    volume = origin.parent / "volume"
    volume.mkdir()
    scripts = [
        pod(shards, volume, origin.parent / f"pod{index}", JOB_COMPLETION_INDEX=str(index))
        for index in indexes
    ]
    return volume, scripts, pod(verdict, volume, origin.parent / "verdict")


def test_kubernetes_spreads_and_joins(origin: Path, answer: str) -> None:
    volume, scripts, verdict = pods(origin, range(COUNT))
    # The pod of the verdict starts with the others, and waits for them.
    *ended, joined = at_once([*scripts, verdict])
    assert [one.returncode for one in ended] == [0] * COUNT, "".join(one.stdout for one in ended)
    holds(volume / "joined", answer, joined.returncode)


@pytest.mark.parametrize("answer", ["agreed"])
def test_a_pod_that_died_is_never_green(origin: Path) -> None:
    _, scripts, (argv, folder, env) = pods(origin, [0, 1, 2, 4])
    at_once(scripts)
    (joined,) = at_once([(argv, folder, {**env, "PATIENCE": "0"})])
    assert joined.returncode == 3
    assert "4/5" in joined.stdout


def test_the_manifest_is_what_kubernetes_takes() -> None:
    schema = json.loads((ROOT / "tests/schemas/kubernetes.json").read_text())
    checker = jsonschema.Draft202012Validator(schema)
    documents = kubernetes()
    assert [one["kind"] for one in documents] == ["PersistentVolumeClaim", "Job", "Job"]
    for one in documents:
        checker.validate(one)
        wrong = {**one, "spec": {**one["spec"], "paralelism": 5}}
        with pytest.raises(jsonschema.ValidationError):
            checker.validate(wrong)
    numbers = {
        one["value"]
        for job in documents[1:]
        for one in job["spec"]["template"]["spec"]["containers"][0]["env"]
        if one["name"] == "SHARDS"
    }
    assert numbers == {str(COUNT)}


def test_no_pod_has_more_rights_than_it_needs() -> None:
    for job in kubernetes()[1:]:
        spec = job["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert job["spec"]["activeDeadlineSeconds"] > 0


# ---------------------------------------------------------------- GitHub


def filled_in(folder: Path) -> Path:
    """Write the manifest with the action of this repository in the place of the placeholders."""
    text = (MANIFESTS / "github.yml").read_text()
    file = folder / "sharded.yml"
    file.write_text(re.sub(r"OWNER/upgrade-runner/(\S+)@COMMIT", r"$/\1", text))
    return file


def test_github_spreads_and_joins(origin: Path, answer: str, tmp_path: Path, temp: Path) -> None:
    workflow = filled_in(tmp_path)
    with github_api() as api:
        known = environment({"PATH": _path()})
        known |= {**api.environment(), "CI": "true", "GITHUB_ACTIONS": "true"}
        known |= {"GITHUB_REF": "refs/pull/7/merge", "STAGE": "verification"}

        def job(
            name: str,
            use: Callable[[Done], None] = lambda _: None,
            **contexts: Mapping[str, object],
        ) -> Job:
            github = {"event_name": "pull_request", "base_ref": "main", "token": api.token}
            folder = clone(origin, f"{name}-{len(list(origin.parent.iterdir()))}")
            made = Job(folder, temp, github, known, home=ROOT, contexts=contexts, when_used=use)
            made.run(str(workflow), name)
            return made

        spread = job("matrix")
        assert not spread.failed, spread.done[-1].log
        (outputs,) = [one.outputs for one in spread.done if one.name == "Spread the stage"]
        matrix = json.loads(outputs["matrix"])["include"]
        assert len(matrix) == COUNT
        ran = [
            job("shard", matrix=one, strategy={"job-index": index})
            for index, one in enumerate(matrix)
        ]
        assert {one.failed for one in ran} == ({False} if answer == "agreed" else {False, True})
        assert len({one.done[-1].given["name"] for one in ran}) == COUNT

        def fetch(one: Done) -> None:
            if "pattern" in one.given:
                assert one.given["merge-multiple"] == "true"
                for shard in ran:
                    into = origin.parent / next(origin.parent.glob("merge-*")).name / "shards"
                    shutil.copytree(shard.workspace / "shards", into, dirs_exist_ok=True)

        merged = job("merge", fetch)
        holds(merged.workspace / "analysis_outputs", answer, int(merged.failed))
        (comment,) = api.comments.values()
        assert f"/{REPOSITORY}/" in comment["html_url"]


def _path() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(one for one in folders if one != str(BIN) and ".venv" not in one)


def test_the_workflow_is_clean_once_it_is_filled_in(tmp_path: Path) -> None:
    text = (MANIFESTS / "github.yml").read_text()
    file = tmp_path / ".github/workflows/sharded.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace("OWNER", "example").replace("@COMMIT", f"@{'0' * 40}"))
    zizmor = (BIN / "zizmor", "--offline", "--persona=auditor", "--no-progress", file)
    found = subprocess.run(zizmor, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert not re.search(r"run: [^|]*\$\{\{", text)


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-workflows", "github.yml"), ("vendor.gitlab-ci", "gitlab.yml")],
)
def test_a_manifest_keeps_to_the_published_schema(schema: str, file: str) -> None:
    argv = (BIN / "check-jsonschema", "--builtin-schema", schema, MANIFESTS / file)
    checked = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_child_pipeline_keeps_to_the_published_schema(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(BOOK)
    words = (sys.executable, "-m", "runner", "matrix", "--shards", "3", "--format", "gitlab")
    made = subprocess.run(
        words, cwd=tmp_path, env=environment(), capture_output=True, check=True
    ).stdout
    (tmp_path / "child.yml").write_bytes(made)
    reports = yaml.safe_load(made)["merge"]["artifacts"]["reports"]
    assert set(reports) == set(gitlab()["merge"]["artifacts"]["reports"])
    argv = (BIN / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "child.yml")
    checked = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
