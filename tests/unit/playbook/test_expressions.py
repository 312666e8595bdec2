from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from runner.model import Place, Service, ServiceDatabase
from runner.playbook.expressions import (
    LookUpError,
    environment_names,
    find,
    malformed,
    resolve,
    resolve_deep,
    variable,
)

VALUES = {"run.scratch": "/tmp/x", "steps.a.outputs.b": "${{ run.scratch }}"}  # noqa: S108


@dataclass(frozen=True, slots=True)
class Inner:
    text: str
    number: int = 5


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    argv: tuple[str, ...] = ()
    env: object = None
    made: str = field(init=False, default="fixed")


def test_find() -> None:
    assert find("a ${{ b.c }} ${{d.e-f.0}} $x {{ y }}") == ("b.c", "d.e-f.0")
    assert find("nothing") == ()


@pytest.mark.parametrize("text", ["${{", "${{ }}", "${{ a }}", "${{ a.b", "${{ a.b || c }}"])
def test_malformed(text: str) -> None:
    assert malformed(text)


def test_resolve_replaces_once() -> None:
    assert resolve("x=${{ steps.a.outputs.b }}", VALUES.get) == "x=${{ run.scratch }}"
    assert resolve("plain", VALUES.get) == "plain"


@pytest.mark.parametrize(("name", "hint"), [("steps.a.outputs.c", True), ("run.id", False)])
def test_a_name_without_a_value(name: str, *, hint: bool) -> None:
    with pytest.raises(LookUpError, match=re.escape(name)) as caught:
        resolve(f"${{{{ {name} }}}}", VALUES.get)
    assert bool(caught.value.hint) is hint


def test_resolve_deep_rebuilds_what_changes() -> None:
    late = "${{ run.scratch }}/y"
    value = Outer(Inner(late), ("a", late), MappingProxyType({"A": late, "B": "b"}))

    new = resolve_deep(value, VALUES.get)

    assert new == Outer(Inner("/tmp/x/y"), ("a", "/tmp/x/y"), {"A": "/tmp/x/y", "B": "b"})  # noqa: S108
    assert resolve_deep({"a": (late,)}, VALUES.get) == {"a": ("/tmp/x/y",)}  # noqa: S108


def test_resolve_deep_goes_into_structs_too() -> None:
    late = "sqlite:///${{ run.scratch }}/y"
    place = Place("p.yaml", 1, 1)
    service = Service("web", place, run=("serve", late), database=ServiceDatabase(url=late))

    new = resolve_deep(service, VALUES.get)

    there = "sqlite:////tmp/x/y"
    assert (new.run, new.database) == (("serve", there), ServiceDatabase(url=there))
    assert new.place is place
    assert resolve_deep(new, VALUES.get) is new


def test_resolve_deep_gives_the_same_object_where_nothing_changes() -> None:
    value = Outer(Inner("x"), ("a",), {"A": "a"})
    assert resolve_deep(value, VALUES.get) is value
    pattern = re.compile("x")
    assert resolve_deep(pattern, VALUES.get) is pattern


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("release.version", "RELEASE_VERSION"),
        ("vars.on-call", "VAR_ON_CALL"),
        ("inputs.url", "INPUT_URL"),
        ("env.Path", "Path"),
        ("run.scratch", "RUN_SCRATCH"),
        ("steps.a-b.outputs.c", "STEP_A_B_C"),
        ("other.x", "OTHER_X"),
    ],
)
def test_variable(name: str, expected: str) -> None:
    assert variable(name) == expected


def test_environment_names() -> None:
    values = {"release.version": "1", "release.status": "x", "vars.a": "b", "env.C": "d"}
    assert environment_names(values) == {"RELEASE_VERSION": "1", "VAR_A": "b"}
