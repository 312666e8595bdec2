"""Whatever is fed to the loader, there is a playbook or a list of problems, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import UsageError
from runner.playbook import KindSpec, PlaybookInvalid, Problem, load

EXAMPLE = """\
release: {package: mlflow, version: 3.6.0, image: "a:${{ env.HOME }}"}
vars: {port: 80, host: x}
env: {A: "${{ vars.port }}"}
pins: [{file: a, table_row: b, columns: {C: d}}]
services:
  web: {run: [a, "${{ vars.port }}"], ready: {log: "up.*"}, secrets: [S]}
stages:
  s:
    - &one {area: One, run: "true", needs: [two], expect: {says: x, exit_code: 0}}
    - area: Two
      steps:
        - {uses: probe, with: {port: "${{ vars.port }}"}, expect: {status: 200}, always: true}
        - {id: b, run: [a, "${{ steps.step-1.outputs.x }}"], timeout: 5s}
      retry: {attempts: 2, delay: 1s}
    - {area: Three, uses: ./d.yaml, with: {u: "1"}}
profiles:
  p: {services: {web: {compose: {file: a, service: b}}}, stages: {s: {one: {timeout: 1s}}}}
"""
DEFINITION = "inputs: {u: {}}\nsteps: [{run: [a, '${{ inputs.u }}']}]\n"
SCRAPS = [
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        ": ",
        "- ",
        "&a ",
        "*a",
        "*one",
        "<<: *one",
        "!!python/object:a ",
        "!x ",
    ),
    *("null", "5", "''", '"', "${{", "}}", "${{ vars.host }}", "${{ run.id }}", "\n", "  ", "#"),
    *("\x00", "\x07", "\t", "é", "---\n", "? ", "| ", "true", ".inf", "1:30", "%YAML 9.9\n", "~"),
    *(
        "uses",
        "run",
        "steps",
        "with",
        "expect",
        "stages",
        "services",
        "p",
        "s",
        "../..",
        "./d.yaml",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("books")


def attempt(folder: Path, kinds: Mapping[str, KindSpec], content: bytes, **more: Any) -> bool:  # noqa: ANN401
    (folder / "d.yaml").write_text(DEFINITION, encoding="utf-8")
    (folder / "p.yaml").write_bytes(content)
    options = {"environment": {"HOME": "/"}, "repository": folder, **more}
    found: tuple[Problem, ...] = ()
    try:
        load(folder / "p.yaml", kinds=kinds, **options)
    except PlaybookInvalid as error:
        found = error.problems
    except UsageError:
        return False
    else:
        return True
    assert found
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)
    return False


FAST = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_the_example_is_valid(folder: Path, kinds: Mapping[str, KindSpec]) -> None:
    assert attempt(folder, kinds, EXAMPLE.encode(), profile="p")


@FAST
@given(st.binary(max_size=200))
def test_random_bytes(folder: Path, kinds: Mapping[str, KindSpec], content: bytes) -> None:
    attempt(folder, kinds, content)


@FAST
@given(
    st.lists(
        st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 12), st.sampled_from(SCRAPS)),
        min_size=1,
        max_size=4,
    )
)
def test_mutated_playbooks(
    folder: Path, kinds: Mapping[str, KindSpec], edits: list[tuple[int, int, str]]
) -> None:
    text = EXAMPLE
    for at, length, scrap in edits:
        text = text[:at] + scrap + text[at + length :]
    attempt(folder, kinds, text.encode())
    attempt(folder, kinds, text.encode(), environment=None)


@FAST
@given(st.text(max_size=30), st.sampled_from(["vars.port=", "", "stages.s.one.", "release."]))
def test_any_override_and_profile(
    folder: Path, kinds: Mapping[str, KindSpec], text: str, start: str
) -> None:
    attempt(folder, kinds, EXAMPLE.encode(), overrides=[start + text])
    attempt(folder, kinds, EXAMPLE.encode(), profile=text)
