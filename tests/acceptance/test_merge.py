"""Shards as processes in clones of a repository, joined, and held against the run as a whole."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import environment, runner

SNAPSHOT = Path(__file__).resolve().parents[2] / "config" / "advisories"
BOOK = """\
release: {package: mlflow, version: 3.6.0}
pins: [{file: requirements.txt, requirement: mlflow}]
advisories:
  subject: {lock: requirements.txt}
  sources: [{osv: advisories}]
  policy: {packages: [flask]}
services:
  db: {run: [sh, -c, 'echo listening; exec sleep 1000'], ready: {log: listening}}
  web: {run: [sh, -c, 'echo listening; exec sleep 1000'], ready: {log: listening}}
stages:
  verification:
    - {area: Reads, run: [echo, read], services: [db]}
    - {area: Baseline, uses: advisories, with: {scan: before}}
    - {area: Says no, run: [sh, -c, 'echo because; exit 4']}
    - {area: Flaky, run: 'echo x | tee -a count; test "$(wc -l <count)" -gt 1',
       retry: {attempts: 3}}
    - {area: After the no, run: [echo, never], needs: [says-no]}
    - {area: Writes, run: [echo, written], services: [db], needs: [reads]}
    - {area: Allowed, run: [sh, -c, 'echo no; exit 1'], allow_failure: true}
    - {area: Keeps, run: 'echo kept | tee "$RUN_SCRATCH/a.txt"',
       artifacts: ["${{ run.scratch }}/a.txt"]}
    - {area: Page, run: [echo, page], services: [web], expect: A page.}
    - {area: Scan, uses: advisories, with: {scan: after}}
"""
COUNT = 5


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    done = subprocess.run(
        ["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository with the playbook."""
    repo = tmp_path_factory.mktemp("upstream") / "origin"
    (repo / "config").mkdir(parents=True)
    (repo / "config/mlflow_release.yaml").write_text(BOOK)
    (repo / "requirements.txt").write_text("packaging==25.0\nmlflow==3.6.0\n")
    (repo / "advisories").symlink_to(SNAPSHOT)
    (repo / ".gitignore").write_text("analysis_outputs/\ncount\n")
    git(repo, "init", "-q")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "all")
    return repo


def clone(origin: Path, name: str, into: Path | None = None) -> Path:
    folder = (into or origin.parent) / name
    git(origin.parent, "clone", "-q", str(origin), str(folder))
    return folder


@pytest.fixture
def origin(upstream: Path, tmp_path: Path) -> Path:
    """Give a clone of one's own, that others are cloned from."""
    return clone(upstream, "origin", tmp_path)


def start(folder: Path, number: int, count: int, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "runner", "validate", "-q", "--shard", f"{number}/{count}"]
    return subprocess.Popen(
        [*command, *words],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def fleet(upstream: Path) -> list[Path]:
    """Run five shards as five processes in five clones; no test changes what they left."""
    folders = [clone(upstream, f"shard-{number}") for number in range(1, COUNT + 1)]
    children = [start(folder, n, COUNT) for n, folder in enumerate(folders, 1)]
    assert {child.wait(timeout=120) for child in children} <= {0, 1, 2}
    return folders


def merge(cwd: Path, folders: list[Path], *words: str) -> subprocess.CompletedProcess[str]:
    outputs = [str(folder / "analysis_outputs") for folder in folders]
    return runner("merge", *outputs, *words, cwd=cwd)


def merged(cwd: Path, folders: list[Path], *words: str) -> dict[str, Any]:
    """Merge, and give the JSON that is printed."""
    done = merge(cwd, folders, "--json", *words)
    record: dict[str, Any] = json.loads(done.stdout)
    assert record["exit_code"] == done.returncode
    return record


def run_of(folder: Path) -> dict[str, Any]:
    path = folder / "analysis_outputs/live/verification/run.json"
    run: dict[str, Any] = json.loads(path.read_text())
    return run


TIMES = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?"  # moments
    r'|(time|duration|ready_after|seconds|Took)(="|": )[0-9.e-]+'
    r"|\d{8}T\d{6}Z-[0-9a-f]{6}"  # ids of runs
    r"|upgrade-runner-[-\w]+"  # scratch folders
    r"|\b[0-9.]+ m?s\b"  # as people read them
    r"|urn:uuid:[-0-9a-f]+"
)
HASHES = re.compile(r'"(sha256|sha-256|size)": ("[0-9a-f]{64}"|\d+)')


def without_times(path: Path, clone: Path) -> str:
    """Give a file as it would be at another time in another clone.

    What documents with times in them hash to is left out as well: they are compared themselves.
    """
    text = path.read_text("utf-8")
    if path.suffix == ".html":
        text = re.sub(r"<svg.*?</svg>", "TIMELINE", text, flags=re.DOTALL)  # times, drawn
        text = re.sub(r'class="hash">[0-9a-f]{64}<', 'class="hash">HASH<', text)
        text = re.sub(r"</a>, [0-9]+ lines wh", "</a>, LINES wh", text)  # of the journal
    text = TIMES.sub("TIME", text).replace(str(clone), "CLONE")
    return HASHES.sub("HASH", text) if path.suffix != ".log" else text


def files(live: Path) -> set[str]:
    found = {str(path.relative_to(live)) for path in live.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("verification/shards/")}


def test_five_shards_in_five_clones_equal_the_run_as_a_whole(
    origin: Path, fleet: list[Path]
) -> None:
    whole, joined = clone(origin, "whole"), clone(origin, "joined")
    assert runner("validate", cwd=whole).returncode == 1
    record = merged(joined, fleet)
    assert record["problems"] == []
    assert [one["state"] for one in record["shards"]] == ["joined"] * COUNT
    assert all(one["checks"] for one in record["shards"])
    one, other = (folder / "analysis_outputs/live" for folder in (whole, joined))
    assert files(other) - files(one) == {"verification/partition.json"}
    assert files(one) <= files(other)
    for name in files(one) - {"journal.jsonl", ".lock"}:
        there = without_times(other / name, joined)
        for folder in fleet:
            there = there.replace(str(folder), "CLONE")
        assert there == without_times(one / name, whole), name
    assert run_of(joined)["verdict"] == "failed"
    assert run_of(joined)["subject"] == run_of(whole)["subject"]


def events(journal: Path) -> list[tuple[str, str]]:
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    return sorted((one["event"], str(one["data"].get("check", ""))) for one in entries)


def test_the_journal_tells_the_same_and_hangs_the_shards_on_it(
    origin: Path, fleet: list[Path]
) -> None:
    whole, joined = clone(origin, "whole"), clone(origin, "joined")
    runner("validate", cwd=whole)
    merge(joined, fleet)
    live = joined / "analysis_outputs/live"
    told = events(live / "journal.jsonl")
    assert [one for one in told if one[0] != "shard_joined"] == events(
        whole / "analysis_outputs/live/journal.jsonl"
    )
    entries = [json.loads(line) for line in (live / "journal.jsonl").read_text().splitlines()]
    heads = [one["data"] for one in entries if one["event"] == "shard_joined"]
    assert [one["number"] for one in heads] == [1, 2, 3, 4, 5]
    for one, folder in zip(heads, fleet, strict=True):
        kept = (live / one["journal"]["path"]).read_bytes()
        assert kept == (folder / "analysis_outputs/live/journal.jsonl").read_bytes()
        assert one["journal"]["lines"] == len(kept.splitlines())


def test_later_commands_work_on_what_was_joined(origin: Path, fleet: list[Path]) -> None:
    joined = clone(origin, "joined")
    merge(joined, fleet)
    status = json.loads(runner("status", "--json", cwd=joined).stdout)
    [stage] = status["stages"]
    states = [one["state"] for one in stage["checks"]]
    assert states.count("passed") == 8
    assert states.count("failed") == 1
    assert states.count("skipped") == 1
    assert runner("bundle", cwd=joined).returncode == 0
    [bundle] = (joined / "analysis_outputs").glob("*.tar.gz")
    verified = runner("verify", str(bundle), cwd=joined)
    assert verified.returncode == 0, verified.stdout
    live = joined / "analysis_outputs/live"
    names = ("verification/junit.xml", "verification/summary.md", "report.html")
    before = [(live / name).read_bytes() for name in names]
    for name in names:
        (live / name).unlink()
    assert runner("report", cwd=joined).returncode == 0
    assert [(live / name).read_bytes() for name in names] == before
    resumed = runner("validate", "--resume", cwd=joined)
    assert "7 resumed" in resumed.stdout
    assert runner("validate", "--shard", "1/2", "--dry-run", cwd=joined).returncode == 0


def test_the_output_of_json_fits_its_schema(origin: Path, fleet: list[Path]) -> None:
    record = merged(origin, fleet)
    schema = json.loads(runner("schema", "merge", cwd=origin).stdout)
    jsonschema.Draft202012Validator(schema).validate(record)
    refused = merged(origin, [origin / "config"])
    jsonschema.Draft202012Validator(schema).validate(refused)


def test_a_missing_shard_is_named_and_the_rest_is_joined(origin: Path, fleet: list[Path]) -> None:
    record = merged(origin, [*fleet[:1], *fleet[2:]])
    assert record["verdict"] == "errored"
    assert record["exit_code"] == 3
    [problem] = record["problems"]
    missing = run_of(fleet[1])["results"]
    assert problem.startswith("shard 2/5 is missing, with ")
    assert all(f"'{one['check']}'" in problem for one in missing)
    assert record["shards"][1]["state"] == "missing"
    results = {one["check"]: one for one in run_of(origin)["results"]}
    assert len(results) == 10
    for one in missing:
        assert results[one["check"]]["outcome"] == "errored"
        assert results[one["check"]]["reason"] == problem
    status = json.loads(runner("status", "--json", cwd=origin).stdout)
    states = {one["id"]: one["state"] for one in status["stages"][0]["checks"]}
    assert {states[one["check"]] for one in missing} == {"not yet"}


def test_what_a_missing_shard_left_undone_is_done_by_resuming(
    origin: Path, fleet: list[Path]
) -> None:
    merge(origin, [*fleet[:1], *fleet[2:]])
    missing = [one["check"] for one in run_of(fleet[1])["results"]]
    done = runner("validate", "--resume", cwd=origin)
    results = {one["check"]: one for one in run_of(origin)["results"]}
    assert not any(results[check]["resumed"] for check in missing)
    passed = {one for one in results if results[one]["resumed"]}
    assert passed
    assert done.returncode == 1  # of the row that says no


def test_a_doubled_shard_is_named_and_none_of_both_counts(origin: Path, fleet: list[Path]) -> None:
    again = clone(origin, "again")
    start(again, 3, COUNT).wait(timeout=120)
    record = merged(origin, [*fleet, again])
    assert record["verdict"] == "errored"
    [problem] = record["problems"]
    assert problem.startswith("shard 3/5 is there 2 times: ")
    assert str(fleet[2]) in problem
    assert str(again) in problem
    assert record["shards"][2]["state"] == "doubled"


@pytest.mark.parametrize("name", ["empty", "gone", "whole", "other-stage"])
def test_a_foreign_folder_is_named(origin: Path, fleet: list[Path], name: str) -> None:
    strange = clone(origin, name)
    if name == "empty":
        (strange / "analysis_outputs").mkdir()
    elif name != "gone":
        words = ["--only", "reads"] if name == "whole" else ["--stage", "other"]
        with (strange / "config/mlflow_release.yaml").open("a") as book:
            book.write("  other: [{area: Other, run: ['true']}]\n")
        assert runner("validate", *words, cwd=strange).returncode == 0
    record = merged(origin, [*fleet, strange])
    assert record["verdict"] == "errored"
    assert record["exit_code"] == 3
    [problem] = record["problems"]
    assert problem.startswith(str(strange / "analysis_outputs"))
    assert run_of(origin)["verdict"] == "errored"
    reasons = {
        "empty": "is no dossier, and holds none",
        "gone": "there is no such folder",
        "whole": "is no shard, but a run of 'verification' as a whole",
        "other-stage": "there is no verification/run.json in it",
    }
    assert reasons[name] in problem
    junit = (origin / "analysis_outputs/live/verification/junit.xml").read_text()
    assert reasons[name] in html.unescape(junit)


def test_shards_of_two_commits_are_not_joined(origin: Path, fleet: list[Path]) -> None:
    before = git(origin, "rev-parse", "HEAD")
    git(origin, "commit", "-q", "--allow-empty", "-m", "another")
    other = clone(origin, "other")
    start(other, 2, COUNT).wait(timeout=120)
    done = merge(origin, [*fleet[:1], other, *fleet[2:]])
    assert done.returncode == 3
    assert "incomplete: the shards are of different commits: " in done.stderr
    assert before[:12] in done.stderr
    assert git(origin, "rev-parse", "HEAD")[:12] in done.stderr
    assert str(other) in done.stderr
    assert "nothing was joined" in done.stderr
    assert not (origin / "analysis_outputs").exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--set", "release.version=3.7.0"), "releases: 3.6.0 in"),
        (("--profile", "big"), "profiles: no profile in"),
        (("-p", "config/another.yaml"), "playbooks: config/mlflow_release.yaml"),
        (("--set", "vars.x=2"), "definitions of checks"),
        (("--only", "Reads"), "definitions of checks"),
        (("--durations", "took.json"), "partitions (other durations"),
    ],
)
def test_shards_that_were_run_in_another_way_are_not_joined(
    origin: Path, words: tuple[str, ...], what: str
) -> None:
    (origin / "config/mlflow_release.yaml").write_text(
        "release: {package: mlflow, version: 3.6.0}\nvars: {x: '1'}\nprofiles: {big: {}}\n"
        "stages:\n  verification:\n    - {area: Reads, run: [echo, '${{ vars.x }}']}\n"
        "    - {area: Other, run: ['true']}\n    - {area: Third, run: ['true']}\n"
    )
    shutil.copy(origin / "config/mlflow_release.yaml", origin / "config/another.yaml")
    results = [{"check": "reads", "duration": 9.0, "started": "x"}]
    took = {"stage": "verification", "results": results}
    (origin / "took.json").write_text(json.dumps(took))
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "simple")
    one, two = clone(origin, "one"), clone(origin, "two")
    start(one, 1, 2).wait(timeout=120)
    start(two, 2, 2, *words).wait(timeout=120)
    record = merged(origin, [one, two])
    assert record["exit_code"] == 3
    assert record["dossier"] == ""
    assert any(f"of different {what}" in problem for problem in record["problems"])


def test_a_killed_shard_is_named(origin: Path, fleet: list[Path]) -> None:
    """What a killed run leaves says so itself; its journal is kept, and nothing of it counts."""
    died = origin.parent / "died"
    shutil.copytree(fleet[3] / "analysis_outputs", died / "analysis_outputs")
    path = died / "analysis_outputs/live/verification/run.json"
    run = json.loads(path.read_text())
    run["interrupted"] = "killed"
    path.write_text(json.dumps(run))
    record = merged(origin, [*fleet[:3], died, *fleet[4:]])
    [problem] = record["problems"]
    assert problem.startswith("shard 4/5 died: its run was killed")
    assert record["shards"][3]["state"] == "died"
    assert record["exit_code"] == 3
    results = {one["check"]: one for one in run_of(origin)["results"]}
    for one in run["results"]:
        assert results[one["check"]]["outcome"] == "errored"
        assert results[one["check"]]["area"] == one["area"]
    assert (origin / "analysis_outputs/live/verification/shards/4/journal.jsonl").exists()


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"3.6.0", b"3.6.1", 1) + b" ")


def linked(path: Path) -> None:
    path.rename(path.with_name("aside"))
    path.symlink_to(path.with_name("aside"))


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("verification/run.json", Path.unlink, "there is no verification/run.json in it; the run"),
        ("verification/run.json", linked, "verification/run.json is a link"),
        ("verification/partition.json", changed, "is not the one that its run was made by"),
        ("journal.jsonl", changed, "journal.jsonl:2: the chain of hashes is broken here"),
        ("journal.jsonl", linked, "journal.jsonl is a link"),
        ("verification/logs/*.log", changed, ".log is not what was recorded: its hash differs"),
        ("verification/logs/*.log", linked, ".log is a link"),
        ("verification/logs/*.log", Path.unlink, ".log: No such file or directory"),
    ],
)
def test_a_damaged_shard_is_named_with_the_damage(
    origin: Path, fleet: list[Path], name: str, damage: Callable[[Path], object], told: str
) -> None:
    bad = origin.parent / "bad"
    shutil.copytree(fleet[3] / "analysis_outputs", bad / "analysis_outputs")
    live = bad / "analysis_outputs/live"
    damage(min(live.glob(name)))
    done = merge(origin, [*fleet[:3], bad, *fleet[4:]])
    assert done.returncode == 3
    problems = [line for line in done.stderr.splitlines() if line.startswith("runner: incomplete:")]
    [problem] = [one for one in problems if told in one]
    assert str(live) in problem
    assert any("shard 4/5 " in one for one in problems)
    assert "ERRORED mlflow 3.6.0 verification" in done.stdout
    lost = {one["check"] for one in run_of(fleet[3])["results"]}
    results = {one["check"]: one for one in run_of(origin)["results"]}
    assert {one for one in results if results[one]["outcome"] == "errored"} == lost


def test_logs_are_linked_or_copied_and_no_shard_is_changed(origin: Path, fleet: list[Path]) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        found = (path for one in fleet for path in (one / "analysis_outputs").rglob("*"))
        return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in found if p.is_file()}

    before = state()
    merge(origin, fleet)
    logs = list((origin / "analysis_outputs/live/verification/logs").iterdir())
    assert len(logs) >= 8
    assert state() == before
    assert runner("validate", cwd=origin).returncode == 1  # sets the joined stage aside
    assert state() == before


def test_a_shard_that_was_killed_in_truth(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(
        "release: {package: mlflow, version: 3.6.0}\n"
        "stages:\n  verification:\n    - {area: Quick, run: ['true']}\n"
        "    - {area: Slow, run: 'touch begun; sleep 600'}\n"
    )
    runner("validate", "--shard", "1/2", "-o", "s/1", cwd=tmp_path)
    child = start(tmp_path, 2, 2, "-o", "s/2")
    while not (tmp_path / "begun").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.wait()
    done = runner("merge", "s", cwd=tmp_path)
    assert done.returncode == 3
    assert "incomplete: shard 2/2 died: its run was killed, s/2/live" in done.stderr
    assert "ERRORED mlflow 3.6.0 verification: 1 errored, 1 passed" in done.stdout
    # The next run there ends what the killed one left behind.
    (tmp_path / "begun").unlink()
    book = tmp_path / "config/mlflow_release.yaml"
    book.write_text(book.read_text().replace("sleep 600", "true"))
    assert runner("validate", "--shard", "2/2", "-o", "s/2", cwd=tmp_path).returncode == 0


def test_an_empty_shard_is_no_failure_of_the_whole_and_told(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(
        "release: {package: mlflow, version: 3.6.0}\n"
        "stages: {verification: [{area: A, run: ['true']}, {area: B, run: ['true']}]}\n"
    )
    for number in (1, 2, 3):
        runner("validate", "--shard", f"{number}/3", "-o", f"s/{number}", cwd=tmp_path)
    done = runner("merge", "s", cwd=tmp_path)
    assert done.returncode == 0
    assert "shard 3/3 is empty" in done.stdout
    assert "PASSED mlflow 3.6.0 verification: 2 passed" in done.stdout
    # Without its folder nothing is missing either, but by itself it is no success.
    assert runner("merge", "s/1", "s/2", cwd=tmp_path).returncode == 0
    alone = runner("merge", "s/3", cwd=tmp_path)
    assert alone.returncode == 3
    assert "shard 1/3 is missing" in alone.stderr


def test_a_baseline_from_before_the_shards_is_asked_for(origin: Path) -> None:
    """What was recorded before is in the dossier that a merge goes into, or it is said to lack."""
    with (origin / "config/mlflow_release.yaml").open("a") as book:
        book.write("  preflight: [{area: Early, run: ['true']}]\n")
    git(origin, "commit", "-qam", "preflight")
    folders = [clone(origin, f"s{number}") for number in (1, 2)]
    for number, folder in enumerate(folders, 1):
        assert runner("run", "preflight", cwd=folder).returncode == 0
        start(folder, number, 2).wait(timeout=120)
    bare = merge(origin, folders)
    assert "hold runs of preflight, which this one has not" in bare.stdout
    base = clone(origin, "base")
    assert runner("run", "preflight", cwd=base).returncode == 0
    assert "preflight, which this one has not" not in merge(base, folders).stdout
    status = json.loads(runner("status", "--json", cwd=base).stdout)
    assert [one["name"] for one in status["stages"]] == ["preflight", "verification"]
    assert status["stages"][0]["state"] == "passed"
