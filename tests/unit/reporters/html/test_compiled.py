"""Compiled templates are kept, and what is kept is used only where it is right."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from runner.reporters.html.compiled import Compiled

HELLO = "hello {{ name }}"


def _render(folder: Path, source: str = HELLO, *, trim: bool = False) -> tuple[str, int]:
    """Give what a new process would render, and how many templates it would compile."""
    compiled = 0

    class Environment(jinja2.Environment):
        def _generate(self, *given: object, **named: object) -> str:
            nonlocal compiled
            compiled += 1
            return super()._generate(*given, **named)  # type: ignore[arg-type]

    made = Environment(
        loader=jinja2.DictLoader({"a.html": source}),
        bytecode_cache=Compiled(folder),
        trim_blocks=trim,
    )
    return made.get_template("a.html").render(name="you"), compiled


@pytest.fixture(autouse=True)
def _python_keeps_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_it_is_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "__pycache__"
    assert [_render(folder), _render(folder)] == [("hello you", 1), ("hello you", 0)]
    assert len(list(folder.iterdir())) == 1


def test_another_source_or_setting_is_compiled_anew(tmp_path: Path) -> None:
    _render(tmp_path)
    assert _render(tmp_path, "bye {{ name }}") == ("bye you", 1)
    assert _render(tmp_path, "bye {{ name }}", trim=True) == ("bye you", 1)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_what_is_damaged_is_compiled_anew(tmp_path: Path, cut: int) -> None:
    _render(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:cut])
    assert [_render(tmp_path)[1], _render(tmp_path)[1]] == [1, 0]


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert [_render(tmp_path / "file"), _render(tmp_path / "file")] == [("hello you", 1)] * 2


def test_where_python_keeps_no_modules_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [_render(tmp_path)[1], _render(tmp_path)[1]] == [1, 1]
    assert not list(tmp_path.iterdir())
