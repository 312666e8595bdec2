"""The registry: built-in kinds, third parties, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from typing import ClassVar

import jsonschema
import pytest
from unit.kinds.fakes import action_of

from runner.errors import ExitCode
from runner.kinds import BUILTIN, GROUP, KindError, load_kinds
from runner.kinds.base import Kind, Runnable
from runner.kinds.command import COMMAND, CommandAction

THIRD = Kind("third", "", COMMAND.parameters, COMMAND.expectation, COMMAND.build)
WRONG = "not a kind"


class _Distribution:
    """Stands for an installed distribution."""

    name = "third-party"


class _Entry(EntryPoint):
    """An entry point of that distribution."""

    dist: ClassVar[_Distribution] = _Distribution()  # type: ignore[assignment]


def install(monkeypatch: pytest.MonkeyPatch, **targets: str) -> list[str]:
    """Pretend that entry points are installed; gives the groups that were asked for."""
    asked: list[str] = []

    def entry_points(group: str) -> EntryPoints:
        asked.append(group)
        return EntryPoints(_Entry(n.rstrip("_"), target, group) for n, target in targets.items())

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    return asked


def test_builtin_kinds() -> None:
    assert list(BUILTIN) == [
        "command",
        "pytest",
        "http",
        "advisories",
        "image",
        "rehearsal",
        "database",
    ]
    assert all(name == kind.name and kind.summary for name, kind in BUILTIN.items())


def test_builtin_kinds_need_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = install(monkeypatch)
    kinds = load_kinds()
    assert kinds["http"] is BUILTIN["http"]
    assert "pytest" in kinds
    assert asked == []
    assert "nope" not in kinds
    assert kinds.get("nope") is None
    assert asked == [GROUP]
    assert (len(kinds), list(kinds)) == (len(BUILTIN), list(BUILTIN))


def test_a_third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, third=f"{__name__}:THIRD")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    kinds = load_kinds()
    assert kinds["third"] == THIRD
    assert dict(kinds).keys() == {*BUILTIN, "third"}


@pytest.mark.parametrize(
    ("targets", "name", "message"),
    [
        ({"http": "a:b"}, "x", "third-party: entry point http = a:b clashes with the built-in"),
        ({"x": "nope_nope:b"}, "x", "third-party: entry point x = nope_nope:b cannot be loaded"),
        ({"x": "a:b", "x_": "c:d"}, "x", "entry point x = c:d both add the kind 'x'"),
        ({"x": f"{__name__}:WRONG"}, "x", "is not a Kind named 'x'"),
        ({"x": f"{__name__}:THIRD"}, "x", "is not a Kind named 'x'"),
    ],
)
def test_broken_third_parties(
    monkeypatch: pytest.MonkeyPatch, targets: dict[str, str], name: str, message: str
) -> None:
    install(monkeypatch, **targets)
    with pytest.raises(KindError) as caught:
        load_kinds()[name]
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.INVALID


def test_the_real_search_works() -> None:
    assert set(load_kinds()) >= set(BUILTIN)


def test_importing_the_kinds_imports_nothing_heavy() -> None:
    code = (
        "import sys, runner.kinds\n"
        "heavy = {'urllib3', 'jsonpath', 'xml', 'ssl', 'importlib.metadata', 'urllib.request'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "[]\n"


def test_every_schema_is_one() -> None:
    for kind in BUILTIN.values():
        for shape in (kind.parameters, kind.expectation):
            jsonschema.Draft202012Validator.check_schema(shape.schema())


def test_actions_are_runnable() -> None:
    action: Runnable = action_of(COMMAND, "{run: [x]}")
    assert isinstance(action, Runnable)
    assert isinstance(action, CommandAction)
