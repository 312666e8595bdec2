"""What a stage leaves: logs, artifacts, run.json, the journal, and no secret."""

from __future__ import annotations

import json
import os
import sys

import pytest
from support.house import PLACE, Call, House, check, outcomes, step

from runner.engine.journal import read
from runner.errors import DossierError, UsageError
from runner.events import CheckEnded, Output, RunEnded, RunStarted
from runner.kinds.base import Context
from runner.model import Outcome, Step, StepReport


def test_secrets_reach_only_who_names_them_and_no_evidence(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"
    run = house.run(
        check(
            "a", steps=(step("bash", "-c", "echo $TOKEN; echo $0", "hunter22", secrets=("TOKEN",)),)
        ),
        check("b", "bash", "-c", 'test -z "$TOKEN"'),
    )
    assert outcomes(run) == {"a": "passed", "b": "passed"}
    assert run.results[0].attempts[0].steps[0].report.executions[0].env == ("TOKEN",)
    for file in house.live.rglob("*"):
        if file.is_file():
            assert b"hunter22" not in file.read_bytes(), file
    log = (house.live / "verification/logs/a.1.log").read_text()
    assert log == "[redacted TOKEN]\n[redacted TOKEN]\n"


def test_a_secret_that_is_not_set(house: House) -> None:
    with pytest.raises(UsageError, match="secrets that are not set: TOKEN"):
        house.run(check("a", steps=(step("true", secrets=("TOKEN",)),)))
    assert not house.live.exists()


def test_what_a_kind_saves_is_redacted(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"

    def save(context: Context) -> StepReport:
        first = context.save("answer.txt", b"the hunter22 answer")
        second = context.save("answer.txt", context.redact("hunter22").encode())
        context.log("line hunter22")
        return StepReport(Outcome.PASSED, artifacts=(first, second))

    run = house.run(check("a", steps=(Step("one", "c", Call(save), PLACE, secrets=("TOKEN",)),)))
    kept = run.results[0].attempts[0].steps[0].report.artifacts
    assert [(house.live / one.path).read_text() for one in kept] == [
        "the [redacted TOKEN] answer",
        "[redacted TOKEN]",
    ]


def test_the_names_of_what_is_kept_are_redacted(house: House) -> None:
    house.environment["TOKEN"] = "hunter/22"

    def save(context: Context) -> StepReport:
        kept = [context.save(f"{way}.txt", b"x") for way in ("hunter/22", "hunter%2F22")]
        return StepReport(Outcome.PASSED, artifacts=tuple(kept))

    script = "echo $0 >hunter%2F22.txt; echo $0 >hunter%2f22.txt; mkdir hunter; echo >hunter/22"
    steps = (
        Step("one", "c", Call(save), PLACE),
        step("bash", "-c", script, secrets=("TOKEN",), name="two"),
    )
    run = house.run(check("a", steps=steps, artifacts=("*.txt", "hunter/*", "hunter%2F*")))
    (done,) = run.results
    saved = [one.path for one in done.attempts[0].steps[0].report.artifacts]
    assert saved == [
        "verification/artifacts/a/1.one.[redacted TOKEN].txt",
        "verification/artifacts/a/1.one.2.[redacted TOKEN].txt",
    ]
    assert [one.path for one in done.artifacts] == [
        "verification/artifacts/a/[redacted TOKEN].txt",
        "verification/artifacts/a/[redacted TOKEN].txt.2",
        "verification/artifacts/a/[redacted TOKEN]",
        "verification/artifacts/a/[redacted TOKEN].txt",
    ]
    everything = {str(one.relative_to(house.live)) for one in house.live.rglob("*")}
    assert everything >= {*saved, *(one.path for one in done.artifacts)}
    assert not [one for one in everything if "hunter" in one]


# --- artifacts --------------------------------------------------------------------------


def test_artifacts_are_kept(house: House) -> None:
    script = "mkdir -p out_; echo 1 > out_/a.txt; echo 2 > $RUN_SCRATCH/b.txt"
    run = house.run(
        check("a", "bash", "-c", script, artifacts=("out_/*.txt", "${{ run.scratch }}/b.txt"))
    )
    assert [one.path for one in run.results[0].artifacts] == [
        "verification/artifacts/a/out_/a.txt",
        "verification/artifacts/a/b.txt",
    ]
    assert (house.live / "verification/artifacts/a/b.txt").read_text() == "2\n"


def test_a_promised_artifact_that_is_missing_is_no_pass(house: House) -> None:
    run = house.run(check("a", "true", artifacts=("nothing.txt",)))
    assert run.results[0].outcome is Outcome.ERRORED
    assert run.results[0].reason == "no file matches artifacts: nothing.txt"


def test_artifacts_do_not_follow_links_out(house: House) -> None:
    run = house.run(check("a", "ln", "-s", "/etc/passwd", "leak.txt", artifacts=("leak.txt",)))
    assert run.results[0].outcome is Outcome.ERRORED
    assert not list(house.live.rglob("leak.txt"))


# --- evidence ---------------------------------------------------------------------------


def test_run_json_reads_back_as_the_run(house: House) -> None:
    run = house.run(check("a", "false"))
    assert house.dossier.read_run("verification") == run


def test_upgrade_json_keeps_from(house: House) -> None:
    house.run(check("a", "true"))
    record = json.loads((house.live / "upgrade.json").read_text())
    assert (record["package"], record["from"], record["to"]) == ("mlflow", "3.6.0", "3.6.0")
    (house.live / "upgrade.json").write_text(json.dumps({"from": "3.5.0"}))
    house.run(check("a", "true"))
    assert json.loads((house.live / "upgrade.json").read_text())["from"] == "3.5.0"
    (house.live / "upgrade.json").write_text("[]")
    house.run(check("a", "true"))


def test_an_earlier_run_is_set_aside_not_lost(house: House) -> None:
    first = house.run(check("a", "echo", "first"))
    second = house.run(check("a", "echo", "second"))
    aside = house.live / "earlier" / f"verification-before-{second.id}"
    assert json.loads((aside / "run.json").read_text())["id"] == first.id
    assert (aside / "logs/a.1.log").read_text() == "first\n"
    assert (house.live / "verification/logs/a.1.log").read_text() == "second\n"


def test_the_journal_tells_all(house: House) -> None:
    house.run(check("a", "true"))
    assert [entry.event for entry in read(house.dossier.journal)] == [
        "run_started",
        "attempt_started",
        "attempt_ended",
        "check_ended",
        "run_ended",
    ]


def test_git_commit_and_state(house: House) -> None:
    assert house.run(check("a", "true")).subject.commit == ""
    script = "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m m"
    assert os.system(f"cd {house.repository} && {script}") == 0  # noqa: S605
    clean = house.run(check("a", "true")).subject
    assert len(clean.commit) == 40
    assert clean.dirty is False
    (house.repository / "new").write_text("x")
    assert house.run(check("a", "true")).subject.dirty is True


def test_a_state_that_git_cannot_tell_is_not_called_clean(house: House) -> None:
    script = "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m m"
    assert os.system(f"cd {house.repository} && {script}") == 0  # noqa: S605
    (house.repository / ".git" / "index").write_text("no index")
    subject = house.run(check("a", "true")).subject
    assert len(subject.commit) == 40
    assert subject.dirty is True


def test_two_runs_at_once_are_refused(house: House) -> None:
    with house.dossier.locked(), pytest.raises(DossierError, match=rf"pid {os.getpid()}\)"):
        house.run(check("a", "true"))


def test_an_output_folder_that_cannot_be(house: House) -> None:
    (house.repository / "out").write_text("a file")
    with pytest.raises(DossierError, match="cannot write into") as caught:
        house.run(check("a", "true"))
    assert "--output" in caught.value.hint


def test_an_unreadable_run_json(house: House) -> None:
    with pytest.raises(DossierError, match="cannot read"):
        house.dossier.read_run("verification")
    house.run(check("a", "true"))
    (house.live / "verification/run.json").write_text("{}")
    with pytest.raises(DossierError, match="is not a run"):
        house.dossier.read_run("verification")


def test_listeners_hear_in_order(house: House) -> None:
    house.ears.wants_output = True
    house.run(check("a", "echo", "hi"))
    kinds = [type(event) for event in house.ears.heard]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunEnded
    assert kinds.index(Output) < kinds.index(CheckEnded)
    assert [e.data for e in house.ears.heard if isinstance(e, Output)] == [b"hi\n"]


# --- side by side -----------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="platform: names of files are Unicode here")
def test_names_that_are_no_utf8(house: House) -> None:
    # The one left running has its name before the check ends, whichever of both is quicker.
    named = "exec -a $'\\xff\\xfe' bash -c 'echo > up; exec -a \"$0\" sleep 54399' $'\\xff\\xfe'"
    script = f"printf x > $'\\xff.txt'; ({named}) & until [ -e up ]; do sleep 0.01; done"
    run = house.run(check("a", "bash", "-c", script, artifacts=("*.txt",)))
    assert outcomes(run) == {"a": "passed"}
    assert run.results[0].artifacts[0].path == "verification/artifacts/a/\\udcff.txt"
    leftovers = run.results[0].attempts[0].steps[0].report.executions[0].leftovers
    assert any("\\udcff" in name for name in leftovers)
    assert house.dossier.read_run("verification") == run


def test_a_kind_that_blabs_is_redacted_everywhere(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"

    def blab(_: Context) -> StepReport:
        return StepReport(Outcome.FAILED, "it was hunter22", "say hunter22")

    run = house.run(check("a", steps=(Step("one", "c", Call(blab), PLACE, secrets=("TOKEN",)),)))
    assert run.results[0].reason == "it was [redacted TOKEN]"
    assert "hunter22" not in repr(run)
    assert "hunter22" not in repr([e for e in house.ears.heard if isinstance(e, CheckEnded)])
