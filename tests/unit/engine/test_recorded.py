"""What a check puts into the dossier itself, a later one gets back, or is told why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.house import PLACE, Call, House, check

from runner.engine.recorded import recorded
from runner.errors import DossierError
from runner.kinds.base import Context
from runner.model import Check, Outcome, Step, StepReport

NAME = "safety-before.json"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, {"PATH": "/usr/bin:/bin"})


def calling(function: Callable[[Context], object]) -> Check:
    def act(context: Context) -> StepReport:
        function(context)
        return StepReport(Outcome.PASSED)

    return check("a", steps=(Step("step-1", "fake", Call(act), PLACE),))


def test_what_was_recorded_is_recalled_by_a_later_run(house: House) -> None:
    got: list[bytes | None] = []
    house.run(calling(lambda context: context.record(NAME, b"first")))
    run = house.run(calling(lambda context: context.record(NAME, b"second")))
    house.run(calling(lambda context: got.append(context.recall(NAME))))

    assert got == [b"second"]
    (artifact,) = run.results[0].attempts[0].steps[0].report.artifacts
    assert artifact.path == NAME
    assert artifact.sha256 == hashlib.sha256(b"second").hexdigest()


def test_secrets_do_not_reach_what_is_recorded(house: House) -> None:
    house.environment["TOKEN"] = "tok-123456789"
    base = calling(lambda context: context.record(NAME, b"it is tok-123456789"))
    house.run(replace(base, steps=(replace(base.steps[0], secrets=("TOKEN",)),)))
    assert b"tok-123456789" not in (house.live / NAME).read_bytes()


def test_a_file_that_no_run_recorded_counts_for_nothing(house: House) -> None:
    house.run(check("a", "true"))
    (house.live / NAME).write_bytes(b"from elsewhere")
    assert recorded(house.live, NAME) is None


def test_a_changed_file_is_refused(house: House) -> None:
    house.run(calling(lambda context: context.record(NAME, b"first")))
    (house.live / NAME).write_bytes(b"edited")
    with pytest.raises(DossierError, match=r"safety-before\.json is not what was recorded"):
        recorded(house.live, NAME)


def test_a_removed_file_is_refused(house: House) -> None:
    house.run(calling(lambda context: context.record(NAME, b"first")))
    (house.live / NAME).unlink()
    with pytest.raises(DossierError, match="was recorded, but cannot be read"):
        recorded(house.live, NAME)


def test_a_check_knows_the_release_and_the_base(house: House) -> None:
    got: list[str] = []

    def ask(context: Context) -> None:
        got.extend((context.release.package, context.release.version, context.base))

    house.run(calling(ask), base="origin/main")
    assert got == ["mlflow", "3.6.0", "origin/main"]
