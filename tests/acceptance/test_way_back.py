"""What it takes to go back in each state of a rollout: the table of deployment/README.md."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

PROGRAMS = Path(__file__).resolve().parents[2] / "checks/rollout"
STOP, BLUE_GREEN, ROLLING = "stop-migrate-start", "blue-green", "rolling"
OLD, NEW = "1.0", "2.0"


@pytest.fixture
def wayback(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the program's module, whose siblings are found as they are where it runs."""
    monkeypatch.syspath_prepend(str(PROGRAMS))
    return importlib.import_module("wayback")


def state(wayback: ModuleType, **found: object) -> object:
    """Make a record; its releases are named by their versions."""
    for key in ("release", "before"):
        if key in found:
            found[key] = wayback.Release(found[key])
    return wayback.Record(**found)


def forward(wayback: ModuleType, strategy: str, phase: str, *fits: str, **more: object) -> object:
    """Make the record of a rollout of 2.0."""
    known = {"release": NEW, "before": OLD, "reason": "why"}
    return state(wayback, strategy=strategy, phase=phase, fits=fits, **known, **more)


MIGRATING = [("decided", OLD), ("closed", OLD), ("stopped", OLD)]
MIGRATED = [("migrating", ()), *((one, (NEW,)) for one in ("migrated", "started", "moved"))]


def test_nothing_was_begun(wayback: ModuleType) -> None:
    assert wayback.way_to(state(wayback), OLD).way == "none"
    begun = state(wayback, release=OLD, phase="started", fits=(OLD,))  # adopted, and cut off
    assert wayback.way_to(begun, OLD).way == "none"
    # The last rollout has brought the version to which it is to go back: this one was refused.
    for strategy in ("", BLUE_GREEN, ROLLING, STOP):
        before = state(wayback, release=OLD, strategy=strategy, phase="settled", fits=(OLD,))
        found = wayback.way_to(before, OLD)
        assert (found.way, found.reason[:10]) == ("none", "1.0 serves")


@pytest.mark.parametrize(("phase", "fits"), MIGRATING)
def test_before_the_migration(wayback: ModuleType, phase: str, fits: str) -> None:
    record = forward(wayback, STOP, phase, fits, migrates=True)
    assert wayback.way_to(record, OLD).way == "keep"


@pytest.mark.parametrize(("phase", "fits"), [*MIGRATED, ("settled", (NEW,))])
def test_from_the_migration_on(wayback: ModuleType, phase: str, fits: tuple[str, ...]) -> None:
    found = wayback.way_to(forward(wayback, STOP, phase, *fits, migrates=True), OLD)
    assert found.way == "restore"
    assert "1.0 does not run on the data as they are" in found.reason


@pytest.mark.parametrize("strategy", [BLUE_GREEN, ROLLING, STOP])
@pytest.mark.parametrize("phase", ["decided", "stopped", "migrated", "started", "moved", "settled"])
def test_where_the_schema_stays(wayback: ModuleType, strategy: str, phase: str) -> None:
    record = forward(wayback, strategy, phase, OLD, NEW)
    assert wayback.way_to(record, OLD).way == "keep"
    # A version that nobody knows to run on these data does not.
    assert wayback.way_to(record, "0.9").way == "restore"


def test_after_it_was_given_up(wayback: ModuleType, tmp_path: Path) -> None:
    places = SimpleNamespace(
        home=tmp_path, settings=tmp_path / "s", state=tmp_path / "rollout.json"
    )
    for strategy, phase in ((BLUE_GREEN, "started"), (STOP, "stopped")):
        record = forward(wayback, strategy, phase, OLD, migrates=strategy == STOP)
        record = importlib.import_module("record").given_up(places, record)
        assert wayback.way_to(record, OLD).way == "none"
        assert json.loads(places.state.read_text())["release"]["version"] == OLD


@pytest.mark.parametrize(
    ("phase", "fits", "way"),
    [
        ("decided", (), "restore"),
        ("stopped", (), "restore"),
        ("started", (), "restore"),  # nobody has written yet: to be compared once more
        ("started", (OLD,), "keep"),  # the traffic was about to move
        ("moved", (OLD,), "keep"),
    ],
)
def test_a_way_back_that_was_begun(
    wayback: ModuleType, phase: str, fits: tuple[str, ...], way: str
) -> None:
    known = {"release": OLD, "before": NEW, "reason": "rollback", "restores": True}
    record = state(wayback, strategy=STOP, phase=phase, fits=fits, **known)
    assert wayback.way_to(record, OLD).way == way


def test_the_record_is_gone(wayback: ModuleType, tmp_path: Path) -> None:
    """What was done to the data is not known then, and nothing is not the answer."""
    places = SimpleNamespace(settings=tmp_path / "slots.env", state=tmp_path / "rollout.json")
    record = importlib.import_module("record")
    assert wayback.way_to(record.read_record(places), OLD).way == "none"
    places.settings.touch()  # as containers need it before anything has run
    assert wayback.way_to(record.read_record(places), OLD).way == "none"
    places.settings.write_text("BLUE_VERSION=1\n")
    with pytest.raises(importlib.import_module("deployed").RolloutError, match="is gone"):
        record.read_record(places)
