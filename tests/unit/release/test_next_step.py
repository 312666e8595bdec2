"""What is next is the first thing on the way that is not done."""

from __future__ import annotations

from runner.model import Release
from runner.model.standing import ChecklistItem, PinPlace, StageStanding, State
from runner.release.next_step import Commands, next_step

SYNCED = PinPlace("r.txt", "requirement", "mlflow", in_sync=True)
COMMANDS = Commands(("--playbook", "a b.yaml"), ("--playbook", "a b.yaml", "--profile", "docker"))


def stage(name: str, state: State, *others: State) -> StageStanding:
    states = others or (state,)
    return StageStanding(
        name, state, tuple(ChecklistItem(str(n), "A", one) for n, one in enumerate(states))
    )


def after(*stages: StageStanding, release: Release | None = None) -> tuple[str, str]:
    release = release or Release("mlflow", "3.6.0")
    told = next_step(release, [SYNCED], stages, COMMANDS)
    return told.command.replace("--playbook 'a b.yaml'", "P"), told.why


def test_drift_comes_first() -> None:
    drifted = PinPlace("D", "docker_arg", "V", in_sync=False)
    told = next_step(
        Release("mlflow", "3.6.0", target="3.17.2"), [drifted, SYNCED, drifted], (), COMMANDS
    )
    assert (told.command, told.why) == (
        "", "mend what has drifted in D: a bump starts from pins in sync",
    )  # fmt: skip


def test_towards_a_target_what_is_there_is_saved_before_the_bump() -> None:
    target = Release("mlflow", "3.6.0", target="3.17.2")
    command, why = after(stage("preflight", "not yet"), release=target)
    assert (command, why) == (
        "runner run preflight P --profile docker", "preflight is not yet",
    )  # fmt: skip
    bump = ("runner bump P --version 3.17.2", "triage recommends 3.17.2")
    assert after(stage("preflight", "passed"), release=target) == bump
    assert after(stage("verification", "failed"), release=target) == bump


def test_a_target_that_is_reached_is_none() -> None:
    reached = Release("mlflow", "3.17.2", target="3.17.2")
    command, _ = after(stage("verification", "stale"), release=reached)
    assert command == "runner validate P --profile docker"


def test_stages_in_their_order() -> None:
    passed = stage("preflight", "passed")
    waiting = stage("rollout", "not yet")
    assert after(passed, stage("verification", "stale"), waiting)[0].startswith("runner validate")
    assert after(passed, stage("verification", "passed"), waiting)[0].startswith(
        "runner run rollout"
    )
    assert after(passed, stage("verification", "passed"), stage("rollback", "not yet")) == (
        "runner bump P --upgrade-status done",
        "every stage has passed; record that the upgrade is done",
    )


def test_what_is_left_is_resumed() -> None:
    half = stage("verification", "not yet", "passed", "not yet")
    assert after(half) == (
        "runner validate P --profile docker --resume",
        "1 of 2 checks of verification are still to be run",
    )
    mixed = stage("verification", "stale", "passed", "stale")
    assert after(mixed)[0] == "runner validate P --profile docker"


def test_a_failure_can_be_mended_or_rolled_back() -> None:
    bad = stage("verification", "failed", "passed", "failed", "errored")
    assert after(bad) == (
        "runner validate P --profile docker --resume",
        "2 of 3 checks of verification did not pass: mend them",
    )
    assert after(bad, stage("rollback", "not yet"))[1].endswith(
        "mend them, or `runner run rollback --playbook 'a b.yaml' --profile docker`"
    )


def test_after_the_end_comes_the_next_triage() -> None:
    done = Release("mlflow", "3.6.0", upgrade_status="done")
    assert after(stage("verification", "not yet"), release=done) == (
        "runner triage P", "the upgrade is done; look for newer versions",
    )  # fmt: skip
    back = Release("mlflow", "3.6.0", upgrade_status="rolled_back")
    told = after(stage("rollback", "failed"), release=back)
    assert told == ("runner triage P", "the upgrade is rolled back; look for newer versions")
    assert "did not pass" in after(stage("verification", "errored"), release=done)[1]
