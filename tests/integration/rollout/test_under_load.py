"""Blue/green and a rolling restart while users write and read: nothing fails, nothing is lost."""

from __future__ import annotations

from collections import Counter

from support.depot import Depot
from support.depot.users import users


def test_blue_green_under_load(app: Depot) -> None:
    app.bump("1.1")
    with users(app.url) as working:
        done = app.run("rollout", "--set", "vars.soak=2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert working.troubles == []
    assert working.read > 0
    assert '"strategy": "blue-green"' in app.log("rollout", "decide")
    # Before and after the switch users have written, and each item is there once.
    assert set(working.versions) == {"1.0", "1.1"}
    assert working.versions[-1] == "1.1"
    there = Counter(app.items())
    assert {name: there[name] for name in working.written} == dict.fromkeys(working.written, 1)
    assert app.told("show")["up"] == ["green"]


def test_there_and_back_again_under_load(app: Depot) -> None:
    """Each rollout takes the other slot; a release that was stopped is started anew there."""
    with users(app.url) as working:
        for version, slot in (("1.1", "green"), ("1.0", "blue"), ("1.1", "green")):
            app.bump(version, "--allow-downgrade")
            done = app.run("rollout")
            assert done.returncode == 0, done.stdout + done.stderr
            assert app.told("show")["traffic"] == [slot]
    assert working.troubles == []
    assert set(working.written) <= set(app.items())
