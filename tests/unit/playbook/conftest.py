"""Fake kinds, and a way to load a playbook from text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from runner.model import Action, Playbook
from runner.playbook import PlaybookInvalid, load
from runner.playbook.durations import DURATION
from runner.playbook.kinds import KindSpec
from runner.playbook.shapes import (
    Boolean,
    Either,
    Field,
    Integer,
    ListOf,
    MapOf,
    Record,
    Scalar,
    Shape,
    ShellText,
    Text,
)


@dataclass(frozen=True)
class FakeAction:
    parameters: Mapping[str, Any]
    expectation: Mapping[str, Any]

    def describe(self) -> tuple[str, ...]:
        return (repr(self),)


def build(parameters: Mapping[str, Any], expectation: Mapping[str, Any]) -> Action:
    if parameters.get("port") == 13:
        raise ValueError("port 13 brings bad luck")
    return FakeAction(parameters, expectation)


@dataclass(frozen=True)
class FakeKind:
    name: str
    parameters: Shape[Any]
    expectation: Shape[Any]
    default_expectation: Callable[[], Any] | None = None
    summary: str = "A fake."
    build: Callable[[Any, Any], Action] = field(default=build)
    verify: Callable[[Any, Path], None] | None = None
    shared: Shape[Any] | None = None


COMMAND = FakeKind(
    "command",
    Record(
        dict[str, Any],
        (
            Field(
                "run",
                Either[Any]({"str": ShellText(), "seq": ListOf(Scalar(), least=1)}, "a script"),
                required=True,
            ),
            Field("shell", Text()),
        ),
    ),
    Record(dict[str, Any], (Field("exit_code", Integer()),), least=1),
    dict,
)
PROBE = FakeKind(
    "probe",
    Record(
        dict[str, Any],
        (
            Field("url", Text(r"http://.+", "a URL")),
            Field("port", Integer(1, 65535)),
            Field("fast", Boolean()),
            Field("within", DURATION),
            Field("headers", MapOf(Scalar())),
        ),
    ),
    Record(dict[str, Any], (Field("status", Integer()), Field("body", Text())), least=1),
)


@pytest.fixture
def kinds() -> Mapping[str, KindSpec]:
    return {"command": COMMAND, "probe": PROBE}


class Loader(Protocol):
    def __call__(self, text: str, **options: Any) -> Playbook: ...  # noqa: ANN401


@pytest.fixture
def book(tmp_path: Path, kinds: Mapping[str, KindSpec], monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load a playbook from the text of everything but its release."""
    monkeypatch.chdir(tmp_path)

    def read(text: str, **options: Any) -> Playbook:  # noqa: ANN401
        if "release:" not in text:
            text = f"release: {{package: mlflow, version: 3.6.0}}\n{text}"
        Path("p.yaml").write_text(text, encoding="utf-8")
        given = {"kinds": kinds, "environment": {}, "repository": tmp_path, **options}
        return load(Path("p.yaml"), **given)

    return read


@pytest.fixture
def problems(book: Loader) -> Callable[..., list[str]]:
    """Load a playbook that is wrong, and give its problems, each on a line."""

    def read(text: str, **options: Any) -> list[str]:  # noqa: ANN401
        with pytest.raises(PlaybookInvalid) as caught:
            book(text, **options)
        return [str(problem) for problem in caught.value.problems]

    return read
