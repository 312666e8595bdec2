"""Rehearsals of the stand-in: there and back, every fault, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest
from support.command import runner
from support.processes import small_files
from support.standin import Standin
from support.standin.rehearsing import (
    NAPS,
    assert_clean,
    begun,
    everything,
    outcomes,
    record,
    rehearse,
)

from runner.model.rehearsed import Rehearsed


def test_there_and_back(either: Standin) -> None:
    app = either
    before = everything(app)
    done, found = rehearse(app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(outcomes(found).values()) == {"passed"}
    assert (found.before, found.after, found.restored) == ("1.0", "2.0", True)
    assert found.migration is not None
    assert (found.migration.revision_before, found.migration.revision_after) == ("1", "2")
    changes = {one.table: (one.change, one.columns_added) for one in found.migration.tables}
    assert {name.rpartition(".")[2]: change for name, change in changes.items()} == {
        "alembic_version": ("content", ()),
        "items": ("columns", ("size",)),
        "tags": ("added", ()),
    }
    assert found.outage.forward is not None
    assert found.outage.back is not None
    assert [one.what for one in found.kept] == ["repository", "database", "artifacts"]
    assert all(one.before and one.same for one in found.kept)
    assert found.warnings == ()
    assert found.locks_before != found.locks_after
    assert "PASSED rehearsal of standin 1.0 to 2.0" in done.stdout
    assert everything(app) == before
    assert_clean(app)


def test_the_record_is_json_by_its_schema(app: Standin) -> None:
    done, _ = rehearse(app, "--to", "2.0", "--json")
    schema = json.loads(runner("schema", "rehearsal", cwd=app.repository).stdout)
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert (document["from"], document["to"]) == ("1.0", "2.0")
    assert "Roll back" in done.stderr


@pytest.mark.parametrize(
    ("fault", "code", "part", "reason", "restored"),
    [
        ("migrate", 1, "migrate", "migrate: Migrate: exit code 1", True),
        ("unhealthy", 3, "after", "/health within 4 s", True),
        ("red", 1, "after", "verification: Items: status 500", True),
        ("lost", 1, "restored", "does not bring back what was there: schema revision 2", False),
        ("incomplete", 1, "restored", "items: 99 rows, expected 100", False),
    ],
)
def test_each_fault_ends_in_a_verdict_and_as_it_was(
    either: Standin, fault: str, code: int, part: str, reason: str, *, restored: bool
) -> None:
    app = either
    before = everything(app)
    done, found = rehearse(app, STANDIN_FAULT=fault)
    assert (done.returncode, found.exit_code, found.part) == (code, code, part)
    assert reason in found.reason
    assert found.restored is restored
    assert reason.partition(":")[0] in done.stdout
    assert everything(app) == before
    assert_clean(app)


def test_a_target_that_does_not_resolve(app: Standin) -> None:
    done = runner("rehearse", "--to", "9.0", cwd=app.repository, env=app.env)
    assert done.returncode == 1, done.stdout
    assert "cannot be solved" in done.stdout
    content = (app.live("1.0", "9.0") / "rehearsal.json").read_bytes()
    found = msgspec.json.decode(content, type=Rehearsed)
    assert found.part == "bump"
    assert outcomes(found)["before"] == "skipped"
    assert_clean(app)


FULL = """
import runpy, shutil, sys, types
shutil.disk_usage = lambda place: types.SimpleNamespace(free=1_000_000)
sys.argv = ["runner", "rehearse", "--to", "2.0"]
runpy.run_module("runner", run_name="__main__")
"""


def test_too_little_space_is_told_before_anything_is_copied(either: Standin) -> None:
    app = either
    before = everything(app)
    done = subprocess.run(
        [sys.executable, "-c", FULL],
        cwd=app.repository,
        env=app.env,
        capture_output=True,
        text=True,
        check=False,
    )
    found = record(app)
    assert (done.returncode, found.part) == (3, "space"), done.stdout
    assert "has 1 MB free" in found.reason
    assert "TMPDIR" in found.hint
    assert {outcomes(found)[name] for name in ("hashes", "checkout", "copies", "before")} == {
        "skipped"
    }
    assert everything(app) == before
    assert_clean(app)


def test_too_little_space_in_the_midst(app: Standin) -> None:
    (app.repository / "data/artifacts/large.bin").write_bytes(bytes(3 << 20))
    app.git("add", "--all")
    app.git("commit", "--quiet", "--message", "large")
    app.edit("artifacts: data/artifacts", f"artifacts: {app.repository}/data/artifacts")
    app.git("rm", "--quiet", "--cached", "data/artifacts/large.bin")
    (app.repository / ".gitignore").write_text("analysis_outputs/\nlarge.bin\n")
    app.git("commit", "--quiet", "--all", "--message", "ignore it")
    before = everything(app)

    done = subprocess.run(
        [sys.executable, "-m", "runner", "rehearse", "--to", "2.0"],
        cwd=app.repository,
        env=app.env,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small_files,
    )
    found = record(app)
    assert (done.returncode, found.part) == (3, "copies"), done.stdout
    assert "large.bin cannot be copied" in found.reason
    assert "File too large" in found.reason
    assert everything(app) == before
    assert_clean(app)


def test_a_port_that_is_taken(either: Standin) -> None:
    app = either
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        app.edit("  ports: [port]\n", "")
        app.edit('port: "8123"', f'port: "{port}"')
        before = everything(app)
        done, found = rehearse(app)
    assert (done.returncode, found.part) == (3, "before")
    assert f"port {port} is held by another process" in found.reason
    assert everything(app) == before
    assert_clean(app)


def test_the_other_versions_of_the_playbook_itself(app: Standin) -> None:
    done = runner(
        *("rehearse", "--from", "1.1", "--to", "2.0", "--quiet"), cwd=app.repository, env=app.env
    )
    assert done.returncode == 0, done.stdout
    bumped = runner("bump", "--version", "2.0", cwd=app.repository, env=app.env)
    assert bumped.returncode == 0
    done, found = rehearse(app, "--from", "1.0", "--to", "2.0")
    assert done.returncode == 0, done.stdout
    lock = (app.repository / "requirements.txt").read_bytes()
    assert found.locks_after == {"requirements.txt": hashlib.sha256(lock).hexdigest()}
    assert found.dirty
    assert any(one.startswith("not committed, and rehearsed") for one in found.warnings)


def test_a_database_that_is_not_there_is_seeded(app: Standin) -> None:
    done, found = rehearse(
        app, "--to", "2.0", "--set", "vars.database=sqlite:///data/new.db", "-q", STANDIN_FAULT=""
    )
    assert outcomes(found)["seed"] == "passed"
    assert (done.returncode, found.part) == (1, "compare")  # one row, where 100 are expected
    assert found.warnings == ("'untouched' says nothing of what is not there: database",)
    assert not (app.repository / "data/new.db").exists()
    app.edit("seed: [seed], ", "")
    done, found = rehearse(app, "--to", "2.0", "--set", "vars.database=sqlite:///data/new.db")
    assert (done.returncode, found.part) == (3, "seed")
    assert "new.db is not there" in found.reason


def test_a_stage_that_touches_the_original(app: Standin) -> None:
    app.edit(
        '[python, -m, standin, migrate, "${{ vars.database }}"]',
        f'[touch, "{app.repository}/data/artifacts/stray"]',
    )
    done, found = rehearse(app)
    assert (done.returncode, found.part) == (3, "after")  # nothing was migrated
    kept = {one.what: one.same for one in found.kept}
    assert kept == {"repository": False, "database": True, "artifacts": False}
    assert outcomes(found)["untouched"] == "errored"


def test_it_can_be_sealed(app: Standin) -> None:
    rehearse(app)
    output = app.live().parent
    done = runner("bundle", "-o", str(output), cwd=app.repository, env=app.env)
    assert done.returncode == 0, done.stderr
    (bundle,) = output.glob("standin-1.0-2.0-*.tar.gz")
    done = runner("verify", str(bundle), cwd=app.repository)
    assert done.returncode == 0, done.stdout


def test_a_rollout_demands_one(app: Standin) -> None:
    demand = "  rollout:\n    - {area: Rehearsed, uses: rehearsal}\nrehearsal:\n"
    app.edit("rehearsal:\n", demand)
    env = app.env
    runner("validate", cwd=app.repository, env=env)  # begins the dossier, with 1.0
    assert rehearse(app)[0].returncode == 0
    assert runner("bump", "--version", "2.0", cwd=app.repository, env=env).returncode == 0
    done = runner("run", "rollout", cwd=app.repository, env=env)
    assert done.returncode == 0, done.stdout
    lock = app.repository / "requirements.txt"
    lock.write_text(lock.read_text() + "# another\n")
    done = runner("run", "rollout", cwd=app.repository, env=env)
    assert done.returncode == 1
    assert "runner rehearse --from 1.0 --to 2.0" in done.stdout
    assert rehearse(app, "--from", "1.0", "--to", "2.0", STANDIN_FAULT="red")[0].returncode == 1
    done = runner("run", "rollout", cwd=app.repository, env=env)
    assert done.returncode == 1
    assert "verdict: failed: verification: Items: status 500" in done.stdout
    path = app.live() / "rehearsal.json"
    path.write_text(path.read_text().replace('"failed"', '"passed"'))
    done = runner("run", "rollout", cwd=app.repository, env=env)
    assert done.returncode == 3
    assert "is not what was recorded: its hash differs" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "1.0"), "1.0 is not newer than 1.0"),
        (("--to", "2.0", "--set", "release.version=1.1.0"), "--from and --to"),
        (("--to", "x"), "Invalid version: 'x'"),
        (("--to", "2.0", "--set", "vars.database=mysql://db/x"), "cannot be backed up"),
    ],
)
def test_wrong_usage_begins_nothing(app: Standin, words: tuple[str, ...], told: str) -> None:
    done = runner("rehearse", *words, cwd=app.repository, env=app.env)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (app.repository / "analysis_outputs").exists()
    assert_clean(app)


def test_a_playbook_without_a_rehearsal_and_a_folder_without_git(app: Standin) -> None:
    text = app.playbook.read_text()
    app.playbook.write_text(text[: text.index("rehearsal:")])
    done = runner("rehearse", "--to", "2.0", cwd=app.repository, env=app.env)
    assert done.returncode == 2
    assert "add 'rehearsal'" in done.stderr
    app.playbook.write_text(text)
    (app.repository / ".git").rename(app.repository / "git")
    done = runner("rehearse", "--to", "2.0", cwd=app.repository, env=app.env)
    assert done.returncode == 2
    assert "git init" in done.stderr


@pytest.mark.parametrize(
    ("nap", "sign", "number", "code"),
    [(*one, signal.SIGINT, 130) for one in NAPS] + [(*NAPS[0], signal.SIGTERM, 143)],
)
def test_a_signal_ends_it_and_leaves_nothing(
    either: Standin, nap: str, sign: str, number: int, code: int
) -> None:
    app = either
    before = everything(app)
    process = begun(app, nap, sign)
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == code, told
    found = record(app)
    assert (found.exit_code, found.verdict.value) == (code, "errored")
    assert "interrupted by SIG" in found.reason
    assert found.clean
    assert everything(app) == before
    assert_clean(app)


@pytest.mark.parametrize(("nap", "sign"), NAPS)
def test_after_a_kill_the_next_one_cleans_up(either: Standin, nap: str, sign: str) -> None:
    app = either
    before = everything(app)
    process = begun(app, nap, sign)
    process.kill()
    process.communicate(timeout=60)
    assert list(Path(app.env["TMPDIR"]).iterdir())
    assert app.git("worktree", "list").count("\n") == 2
    done, found = rehearse(app)
    assert done.returncode == 0, done.stdout
    assert any("was killed" in one for one in found.warnings)
    assert everything(app) == before
    assert_clean(app)


def test_two_at_once_are_refused(app: Standin) -> None:
    process = begun(app, *NAPS[0])
    done = runner("rehearse", "--to", "2.0", cwd=app.repository, env=app.env)
    assert done.returncode == 2
    assert "another rehearsal is writing" in done.stderr
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert_clean(app)


def test_without_stages_for_the_way_back_what_was_saved_is_put_back(app: Standin) -> None:
    app.edit("rollback: [restore], ", "")
    done, found = rehearse(app, STANDIN_FAULT="migrate")  # half-way, so that there is work to do
    assert (done.returncode, found.part, found.restored) == (1, "migrate", True)
    assert outcomes(found)["compare"] == "passed"


def test_a_playbook_that_names_no_data_is_told_that_nothing_is_compared(app: Standin) -> None:
    app.edit("  database: database\n  artifacts: artifacts\n", "")
    app.edit("{seed: [seed], before: [measure], migrate: [migrate], ", "{after: [migrate], ")
    app.edit("rollback: [restore], compare: [same]", "compare: [migrate]")
    app.edit(
        '[python, -m, standin, migrate, "${{ vars.database }}"]', "[python, -c, import standin]"
    )
    done, found = rehearse(app)
    assert (done.returncode, found.restored, found.migration) == (0, None, None), done.stdout
    assert found.warnings == ("the playbook names no database and no artifacts to be restored",)
    assert [one.what for one in found.kept] == ["repository"]


def test_dumps_of_the_copy_go_with_it(app: Standin) -> None:
    done, found = rehearse(app, STANDIN_FAULT="red")
    assert (done.returncode, found.part, found.restored) == (1, "after", True), done.stdout
    assert (app.live() / "database-backup.json").exists()
    assert not (app.live().parent / "backups").exists()


def test_artifacts_that_do_not_come_back(app: Standin) -> None:
    spoil = "[sh, -c, 'rm \"$VAR_ARTIFACTS/model.bin\"']"
    app.edit("  restore:\n", "  spoil:\n    - {area: Spoil, run: " + spoil + "}\n  restore:\n")
    app.edit("rollback: [restore]", "rollback: [restore, spoil]")
    done, found = rehearse(app)
    assert (done.returncode, found.part, found.restored) == (1, "restored", False), done.stdout
    assert "the artifacts are others" in found.reason


def test_what_takes_long_is_prepared_for_each_version(app: Standin) -> None:
    log = app.repository.parent / "prepared"
    app.edit(
        "rehearsal:\n",
        f"""  images:
    - area: Image
      run: |
        python -c "import standin; print(standin.VERSION)" >>{log}
        grep ^standin== requirements.txt | cut -d' ' -f1 >>{log}
rehearsal:
""",
    )
    app.edit("stages: {seed", "stages: {prepare: [images], seed")
    done, found = rehearse(app)
    assert done.returncode == 0, done.stdout
    assert log.read_text().split() == ["1.0", "standin==1.0", "2.0", "standin==2.0"]
    (part,) = (one for one in found.parts if one.name == "prepare")
    assert part.runs == ("prepare-old-images", "prepare-new-images")
    app.edit(">>", "; exit 7 #")
    done, found = rehearse(app)
    assert (done.returncode, found.part) == (1, "prepare")
    assert outcomes(found)["before"] == "skipped"
    assert_clean(app)


@pytest.mark.parametrize(
    ("words", "profile"),
    [((), "plain"), (("--profile", "other"), "other"), (("--profile", "deployed"), "led")],
)
def test_the_profile_that_is_laid_over(app: Standin, words: tuple[str, ...], profile: str) -> None:
    profiles = "profiles: {plain: {}, other: {}, led: {}, deployed: {rehearsal: {profile: led}}}\n"
    app.edit("stages:\n  seed", f"{profiles}stages:\n  seed")
    app.edit("rehearsal:\n", "rehearsal:\n  profile: plain\n")
    done, found = rehearse(app, "--to", "2.0", *words)
    assert (done.returncode, found.profile) == (0, profile), done.stdout + done.stderr
