"""The workflows and the action: each shell step is carried out, in a clone, as on GitHub.

The clone is of this work tree, with a small playbook in the place of MLflow's, so that a job takes
seconds. ``UPDATE_GOLDEN=1`` writes what the steps gave anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import BIN, environment
from support.github_api import REPOSITORY, Fault, GitHubApi, github_api
from support.workflow import Done, Expression, Job
from unit.kinds.servers import text
from unit.release.upstream.asking import OFFLINE

from runner import __version__
from runner.kinds import load_kinds
from runner.playbook import load

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
HERE = Path(__file__).parent / "workflows"
BOOK = "config/mlflow_release.yaml"
LOCK = "deployment/mlflow/requirements.txt"
NEW_HASHES = (
    "sha256:3abbd2e30b36733fee78f9c7f7308f2d0050e88f0087fd25c2645f63c773e1c7",
    "sha256:9deba5723312380e77435581c6bf4935c94cbfab9b1ed33ef8d238ea168eb760",
)
"""Of iniconfig 2.1.0."""


def git(folder: Path, *words: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository of this work tree, its main branch with the small playbook."""
    folder = tmp_path_factory.mktemp("origin")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(HERE / "base", folder, dirs_exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "main")
    return folder


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    with github_api() as made:
        yield made


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(origin), "clone")
    return tmp_path / "clone"


def job(clone: Path, temp: Path, api: GitHubApi, event: str, **inputs: str) -> Job:
    """Give a job on a clone, as GitHub would begin it."""
    base = "main" if event == "pull_request" else ""
    ref = "refs/pull/7/merge" if event == "pull_request" else "refs/heads/main"
    known = environment({"PATH": os.pathsep.join((str(ROOT / ".venv-uv/bin"), _path()))})
    for name in ("VIRTUAL_ENV", "GITHUB_TOKEN", "GH_TOKEN"):
        known.pop(name, None)
    return Job(
        clone,
        temp,
        {"event_name": event, "base_ref": base, "token": api.token, "event": {}},
        {
            **known,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": api.server.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REF": ref,
            "GITHUB_BASE_REF": base,
            "GITHUB_EVENT_NAME": event,
        },
        inputs,
    )


def _path() -> str:
    """Give the PATH without the environment of these tests: a job has none."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(one for one in folders if one != str(BIN) and ".venv" not in one)


def bump(clone: Path) -> None:
    """Do on a branch what the release pull request does."""
    git(clone, "checkout", "-q", "-b", "upgrade")
    edit(clone / BOOK, "version: 2.0.0", "version: 2.1.0")
    edit(clone / "deployment/mlflow/requirements.in", "2.0.0", "2.1.0")
    path = clone / LOCK
    head = path.read_text().split("iniconfig==")[0]
    hashes = " \\\n".join(f"    --hash={one}" for one in NEW_HASHES)
    path.write_text(f"{head}iniconfig==2.1.0 \\\n{hashes}\n    # via -r x\n")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def propose(clone: Path) -> None:
    git(clone, "commit", "-q", "-a", "-m", "proposed")


# ---------------------------------------------------------------- golden files

_CHANGING = (
    (r"(?<=127\.0\.0\.1:)\d+", "PORT"),
    (r"\b[0-9a-f]{40}\b", "COMMIT"),
    (r"\b[0-9a-f]{12}\b", "COMMIT12"),
    (r"\b[0-9a-f]{7}\b", "COMMIT7"),
    (r"\b\d+(\.\d+)? (ms|s|min)\b", "TIME"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)", "MOMENT"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "MOMENT"),
    (r"-20\d{6}(?=\.tar)", "-DAY"),
    (r"\b20\d{6}T\d{6}Z-[0-9a-f]{6}\b", "RUN"),
)


def golden(name: str, job: Job) -> None:
    """Hold what the steps of a job gave against its golden file."""
    text = "\n".join(_told(one) for one in job.done)
    text = text.replace(str(job.workspace), "WORKSPACE").replace(str(job.temp), "TEMP")
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    path = HERE / "golden" / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), "\n".join(one.log for one in job.done)


def _told(one: Done) -> str:
    lines = [f"### {one.name}: {one.outcome}"]
    lines += [f"annotation: {text}" for text in one.annotations]
    lines += [f"output {name}: {value}" for name, value in one.outputs.items()]
    lines += [f"given {name}: {value}" for name, value in one.given.items()]
    if one.summary:
        lines += ["summary:", *(f"  | {text}" for text in one.summary.splitlines())]
    return "\n".join((*lines, ""))


def step(job: Job, name: str) -> Done:
    return next(one for one in job.done if one.name == name)


# ---------------------------------------------------------------- release-validation


def test_a_release_pull_request_that_is_green(clone: Path, temp: Path, api: GitHubApi) -> None:
    bump(clone)
    propose(clone)
    made = job(clone, temp, api, "pull_request")
    made.run("release-validation.yml", "validate")
    assert not made.failed
    golden("green", made)
    (comment,) = api.comments.values()
    assert "iniconfig 2.1.0: verification passed" in comment["body"]
    assert (clone / step(made, "Seal the evidence").outputs["bundle"]).is_file()
    checks = sum(
        step(made, name).seconds for name in ("Set up what the checks need", "Run the checks")
    )
    own = sum(one.seconds for one in made.done) - checks
    # The budget is 20 seconds, which is told and not asserted: `pytest -rP` shows it.
    sys.stdout.write(f"the action's own steps: {own:.1f} s, the checks: {checks:.1f} s\n")
    for one in made.done:
        sys.stdout.write(f"{one.seconds:6.1f} s  {one.cpu:5.1f} s of CPU  {one.name}\n")


def test_one_that_fails_from_a_fork(clone: Path, temp: Path, api: GitHubApi) -> None:
    bump(clone)
    edit(clone / "example/sections.py", '"1"', '"2"')
    propose(clone)
    api.faults.append(Fault("POST", 403))  # what a token that only reads is told
    made = job(clone, temp, api, "pull_request")
    made.run("release-validation.yml", "validate")
    assert made.failed
    golden("fork", made)
    comment = step(made, "Comment on the pull request")
    assert "a fork gets no more than a token that reads" in comment.log
    assert api.comments == {}
    assert step(made, "Run the checks").outputs["verdict"] == "failed"
    assert not any(api.token in one.log for one in made.done)


def test_one_with_a_pin_left_behind(clone: Path, temp: Path, api: GitHubApi) -> None:
    bump(clone)
    git(clone, "checkout", "-q", LOCK)
    propose(clone)
    made = job(clone, temp, api, "pull_request")
    made.run("release-validation.yml", "validate")
    assert made.failed
    golden("drifted", made)
    assert not api.server.seen


def test_one_with_an_invalid_playbook(clone: Path, temp: Path, api: GitHubApi) -> None:
    bump(clone)
    edit(clone / BOOK, "run: [python, example", "rnu: [python, example")
    propose(clone)
    made = job(clone, temp, api, "pull_request")
    made.run("release-validation.yml", "validate")
    assert made.failed
    golden("invalid", made)


def test_a_manual_run_tries_another_version(clone: Path, temp: Path, api: GitHubApi) -> None:
    inputs = {"stage": "verification", "profile": "strict", "version": "2.1.0"}
    made = job(clone, temp, api, "workflow_dispatch", **inputs)
    made.run("release-validation.yml", "validate")
    assert not made.failed, "\n".join(one.log for one in made.done)
    golden("manual", made)
    assert "iniconfig==2.1.0" in (clone / LOCK).read_text()
    run = json.loads((clone / "analysis_outputs/live/verification/run.json").read_text())
    assert (run["subject"]["version"], run["subject"]["profile"]) == ("2.1.0", "strict")
    assert not api.server.seen


# ---------------------------------------------------------------- upstream-watch

WATCHED = """\
release: {package: demo, version: "1.0"}
pins: [{file: demo.in, requirement: demo}]
advisories: {subject: {lock: demo.txt}, sources: [{osv: config/osv}], policy: {packages: [demo]}}
stages: {verification: [{area: After, uses: advisories, with: {scan: after}}]}
"""
FLAW = """\
{"schema_version": "1.7.5", "id": "PYSEC-2026-900002", "modified": "2026-05-20T09:19:08Z",
 "affected": [{"package": {"ecosystem": "PyPI", "name": "demo"},
 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}]}]}
"""


def serve_package(api: GitHubApi, *versions: str) -> None:
    """Let the server be a package index too, with wheels that install."""
    files = []
    for version in versions:
        name = f"demo-{version}-py3-none-any.whl"
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            about = f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n"
            archive.writestr(f"demo-{version}.dist-info/METADATA", about)
            archive.writestr(f"demo-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\n")
            archive.writestr(f"demo-{version}.dist-info/RECORD", "")
        data = content.getvalue()
        api.more[f"/files/{name}"] = text(200, data)
        digest = {"sha256": hashlib.sha256(data).hexdigest()}
        moment = "2026-01-02T00:00:00Z"
        url = f"{api.server.url}/files/{name}"
        files.append({"filename": name, "url": url, "hashes": digest, "upload-time": moment})
    page = {"meta": {"api-version": "1.1"}, "name": "demo", "files": files}
    kind = "application/vnd.pypi.simple.v1+json"
    api.more["/simple/demo/"] = text(200, json.dumps(page), Content_Type=kind)


def watch(clone: Path, temp: Path, api: GitHubApi) -> Job:
    made = job(clone, temp, api, "schedule")
    index = {"PIP_INDEX_URL": f"{api.server.url}/simple", "UV_CACHE_DIR": str(clone / "uv-cache")}
    made.instead = {"Ask upstream": {**OFFLINE, **index}}
    made.run("upstream-watch.yml", "triage")
    return made


def test_the_watch_opens_one_issue_and_closes_it(clone: Path, temp: Path, api: GitHubApi) -> None:
    (clone / BOOK).write_text(WATCHED)
    (clone / "config/osv/PYSEC-2026-900002.json").write_text(FLAW)
    for name in ("demo.in", "demo.txt"):
        (clone / name).write_text("demo==1.0\n")
    (clone / LOCK).write_text("# nothing\n")
    serve_package(api, "1.0", "1.1", "1.2")
    made = watch(clone, temp, api)
    assert not made.failed, "\n".join(one.log for one in made.done)
    golden("watch", made)
    (issue,) = api.issues.values()
    assert issue["title"] == "Upgrade demo 1.0 to 1.1"
    assert "PYSEC-2026-900002" in issue["body"]
    again = watch(clone, temp, api)
    assert step(again, "Keep one issue with the recommended bump").log.startswith(
        "issue up to date"
    )
    for name in ("demo.in", "demo.txt"):
        (clone / name).write_text("demo==1.2\n")
    edit(clone / BOOK, '"1.0"', '"1.2"')
    watch(clone, temp, api)
    assert [one["state"] for one in api.issues.values()] == ["closed"]


# ---------------------------------------------------------------- publish, ci


@pytest.mark.parametrize(("tag", "outcome"), [("v{}", "success"), ("v{}rc1", "failure")])
def test_only_the_version_s_own_tag_is_published(
    clone: Path, temp: Path, api: GitHubApi, tag: str, outcome: str
) -> None:
    made = job(clone, temp, api, "release")
    made.github["event"] = {"release": {"tag_name": tag.format(__version__)}}
    (clone / "Makefile").write_text("wheel-test:\n\t@mkdir dist\n")  # `make test` runs the real one
    made.run("publish.yml", "build")
    assert [one.outcome for one in made.done if one.name == "The tag is the version"] == [outcome]
    assert made.failed == (outcome == "failure")
    assert "wheel-test" in (ROOT / "Makefile").read_text().split("\ntest:")[1].split("\n\n")[0]


@pytest.mark.parametrize("result", ["success", "failure", "cancelled", "skipped"])
def test_the_gate_opens_for_success_alone(
    clone: Path, temp: Path, api: GitHubApi, result: str
) -> None:
    made = job(clone, temp, api, "push")
    document = yaml.safe_load((clone / ".github/workflows/ci.yml").read_text())
    (gate,) = document["jobs"]["gate"]["steps"]
    contexts: dict[str, Any] = {"needs": {"everything": {"result": result}}, "steps": {}}
    made._steps([gate], contexts)
    assert made.failed == (result != "success")


# ---------------------------------------------------------------- what can be read off


def test_the_paths_are_those_of_the_playbook() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release-validation.yml").read_text())
    patterns = workflow[True]["pull_request"]["paths"]  # YAML 1.1 reads `on` so
    book = load(ROOT / BOOK, kinds=load_kinds(), repository=ROOT, environment=None)
    locks = [lock for pin in book.pins for lock in pin.locks]
    for file in (BOOK, *(pin.file for pin in book.pins), *locks, "config/waivers.yaml"):
        assert any(fnmatch(file, one) for one in patterns), f"{file} is in none of {patterns}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_keeps_to_the_house_rules(path: Path) -> None:
    text = path.read_text()
    document = yaml.safe_load(text)
    assert document["permissions"] == {}, "the default is what no job may do"
    assert "concurrency" in document
    assert "pull_request_target" not in text
    called = "workflow_call" in document[True]  # YAML 1.1 reads `on` so
    assert set(re.findall(r"secrets\.(\w+)", text)) <= ({"token"} if called else set())
    for uses in re.findall(r"uses: (\S+)(.*)", text):
        own = uses[0].startswith("$/.github/")
        assert own or re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", uses[0]), uses
        assert own or re.fullmatch(r" # v\d+\.\d+\.\d+", uses[1]), uses
    for name, one in document["jobs"].items():
        steps = one.get("steps", [])
        if steps and name != "gate":
            assert one["timeout-minutes"] <= 60
        for used in steps:
            assert "${{" not in used.get("run", ""), "an expression in a script"
            if str(used.get("uses", "")).startswith("actions/checkout@"):
                assert used["with"]["persist-credentials"] is False
                ref = used["with"].get("ref")
                assert ref in ({None, "${{ inputs.commit }}"} if called else {None}), "of a fork"


def test_no_option_is_set_by_what_github_sets() -> None:
    """Options are read from ``RUNNER_…``, and so are facts on the machine."""
    facts = "ARCH DEBUG ENVIRONMENT NAME OS TEMP TOOL_CACHE TRACKING_ID WORKSPACE"
    found = set()
    for path in (ROOT / "runner/cli").rglob("*.py"):
        for name in re.findall(r"\boption\(\s*(?:\"-\w\",\s*)?\"--([a-z-]+)", path.read_text()):
            found.add(name.upper().replace("-", "_"))
    assert {"PLAYBOOK", "PROFILE", "OUTPUT", "BASE"} <= found
    assert found.isdisjoint(facts.split())


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("a.b && format('o/{0}', a.b) || ''", "o/main"),
        ("a.no && 'x' || 'y'", "y"),
        ("a.b == 'MAIN' && !(a.b != 'main')", True),
        ("always() && a.n == 3", True),
    ],
)
def test_expressions(told: str, value: object) -> None:
    assert Expression(told, {"a": {"b": "main", "n": 3}}).value() == value
