"""The order of an upgrade, its questions, and its way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from runner.errors import ExitCode, RunnerError
from runner.events import Event, PartEnded
from runner.model import Outcome
from runner.model.upgraded import FORMAT, Upgraded
from runner.upgrading.course import Ended, Port, Step, carry_out

GREEN = Ended(Outcome.PASSED)
RED = Ended(Outcome.FAILED, "said no", exit_code=1)


class Killed(BaseException):
    """Ends the process at once: nothing below is told."""


@dataclass
class World:
    """What the steps find, and what was done."""

    ends: dict[str, Ended | BaseException] = field(default_factory=dict)
    answers: dict[str, bool] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    written: list[Upgraded] = field(default_factory=list)
    wording: Callable[[], str] | None = None

    def step(self, name: str, *, changes: bool = False, missing: str = "") -> Step:
        def run(again: bool) -> Ended:  # noqa: FBT001 - the form of `Step.run`
            self.ran.append(f"{name} again" if again else name)
            end = self.ends.get(name, GREEN)
            if isinstance(end, BaseException):
                raise end
            return end

        return Step(name, name.title(), run, changes, missing)

    def upgrade(self, record: Upgraded | None = None, on_failure: str = "ask") -> Upgraded:
        def ask(question: str) -> bool:
            self.asked.append(question)
            return self.answers.get(question, True)

        steps = (
            self.step("triage"),
            self.step("preflight", missing="the playbook has no stage 'preflight'"),
            self.step("bump", changes=True),
            self.step("verification"),
            self.step("rollout", changes=True),
        )
        begun = record or Upgraded(FORMAT, "mlflow", "3.6.0", "3.17.2")
        port = Port(self.written.append, ask, self.heard.append)
        way_back = replace(self.step("rollback"), wording=self.wording)
        return carry_out(steps, way_back, begun, on_failure, port)


def outcomes(record: Upgraded) -> dict[str, str]:
    return {one.name: one.outcome.value for one in record.steps}


def test_all_of_it() -> None:
    world = World()
    record = world.upgrade()
    assert world.ran == ["triage", "bump", "verification", "rollout"]
    assert world.asked == ["Bump?", "Rollout?"]
    assert (record.verdict, record.exit_code, record.rolled_back) == (Outcome.PASSED, 0, None)
    assert outcomes(record)["preflight"] == "skipped"
    assert world.written[-1] == record
    told = [one.part.name for one in world.heard if isinstance(one, PartEnded)]
    assert told == ["triage", "preflight", "bump", "verification", "rollout"]


def test_what_is_declined_is_not_done_and_can_be_resumed() -> None:
    world = World(answers={"Rollout?": False})
    record = world.upgrade()
    assert (record.verdict, record.exit_code) == (Outcome.ERRORED, ExitCode.INTERRUPTED)
    assert "rollout" not in outcomes(record)
    world = World()
    record = world.upgrade(record)
    assert world.ran == ["rollout"]
    assert record.exit_code == 0
    assert record.steps[0].facts == ("done before",)


@pytest.mark.parametrize(
    ("on_failure", "answer", "back"),
    [("ask", True, True), ("ask", False, None), ("rollback", False, True), ("stop", True, None)],
)
def test_a_failure_after_something_was_changed(
    on_failure: str, *, answer: bool, back: bool | None
) -> None:
    world = World(ends={"verification": RED}, answers={"Rollback?": answer})
    record = world.upgrade(on_failure=on_failure)
    assert (record.verdict, record.exit_code, record.rolled_back) == (Outcome.FAILED, 1, back)
    assert ("rollback" in world.ran) is bool(back)
    assert "rollout" not in world.ran
    if back:
        world = World()
        world.upgrade(record)
        assert world.ran == ["triage", "bump", "verification", "rollout"]  # nothing counts as begun


def test_it_is_asked_in_the_words_of_the_way_back() -> None:
    world = World(ends={"verification": RED}, wording=lambda: "Back (2 rows are lost)")
    world.upgrade()
    assert world.asked[-1] == "Back (2 rows are lost)?"


def test_a_failure_before_anything_was_changed_needs_no_way_back() -> None:
    world = World(ends={"triage": RED})
    record = world.upgrade(on_failure="rollback")
    assert world.ran == ["triage"]
    assert (record.exit_code, record.rolled_back) == (1, None)


def test_an_error_is_an_outcome_and_a_way_back_may_fail() -> None:
    error = RunnerError("broken", hint="mend")
    world = World(ends={"verification": error, "rollback": error})
    record = world.upgrade(on_failure="rollback")
    assert (record.verdict, record.exit_code, record.rolled_back) == (Outcome.ERRORED, 3, False)
    assert (record.steps[3].reason, record.steps[3].hint) == ("broken", "mend")
    again = World()
    record = again.upgrade(record)
    assert again.ran == ["rollback"]  # half a way back is not gone forward from
    assert (record.exit_code, record.rolled_back) == (3, True)
    assert outcomes(record)["rollback"] == "passed"


@pytest.mark.parametrize("name", ["triage", "bump", "verification", "rollout", "rollback"])
def test_a_kill_leaves_the_record_from_which_it_is_resumed(name: str) -> None:
    ends: dict[str, Ended | BaseException] = {
        name: Killed(),
        **({"rollout": RED} if name == "rollback" else {}),
    }
    world = World(ends=ends)
    with pytest.raises(Killed):
        world.upgrade(on_failure="rollback")
    record = world.written[-1]
    assert record.under_way == name
    assert name not in outcomes(record)
    world = World()
    record = world.upgrade(record, on_failure="rollback")
    assert record.under_way == ""
    if name == "rollback":
        assert world.ran == ["rollback"]
        assert (record.exit_code, record.rolled_back) == (1, True)
    else:
        steps = ["triage", "bump", "verification", "rollout"]
        assert world.ran == [f"{name} again", *steps[steps.index(name) + 1 :]]
        assert record.exit_code == 0


@pytest.mark.parametrize(("end", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_a_signal_is_told_of_the_step(end: BaseException, code: int) -> None:
    world = World(ends={"verification": end})
    record = world.upgrade(on_failure="rollback")
    assert (record.exit_code, record.rolled_back) == (code, None)
    assert record.steps[-1].reason.startswith("interrupted by SIG")


def test_an_interrupt_takes_no_way_back() -> None:
    world = World(ends={"verification": Ended(Outcome.ERRORED, "interrupted", exit_code=130)})
    record = world.upgrade(on_failure="rollback")
    assert (record.exit_code, record.rolled_back) == (130, None)
