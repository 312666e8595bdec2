from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model import Playbook

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]

DEFINITION = """\
inputs:
  url: {description: where}
  port: {type: integer, default: 80}
  within: {type: duration, default: 5s}
services: [web]
timeout: 1m
steps:
  - uses: probe
    with: {url: "${{ inputs.url }}", port: "${{ inputs.port }}", within: "${{ inputs.within }}"}
    expect: {status: 200}
  - run: echo $INPUT_URL
    env: {INPUT_PORT: own}
    secrets: [KEY]
"""
HEAD = "services: {web: {run: [x], ready: {port: 80}}, db: {run: [x], ready: {port: 81}}}\n"


@pytest.fixture(autouse=True)
def _file(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/smoke.yaml").write_text(DEFINITION, encoding="utf-8")


def uses(more: str) -> str:
    return HEAD + f"stages: {{s: [{{area: A, uses: ./checks/smoke.yaml, {more}}}]}}"


def test_inputs_reach_the_steps(book: Loader) -> None:
    check = book(uses("with: {url: 'http://x', port: 81}, services: [db]")).stages["s"][0]

    probe, command = check.steps
    expected = {"url": "http://x", "port": 81, "within": 5.0}
    assert probe.action.parameters == expected  # type: ignore[attr-defined]
    assert probe.env["INPUT_URL"] == "http://x"
    assert command.env["INPUT_PORT"] == "own"
    assert (check.timeout, check.services) == (60.0, ("db", "web"))
    assert probe.place.file == "checks/smoke.yaml"
    assert check.place.file == "p.yaml"


def test_the_check_overrules_the_definition(book: Loader) -> None:
    text = uses("with: {url: 'http://x'}, timeout: 2s, env: {INPUT_URL: mine}, expect: Works.")
    check = book(text).stages["s"][0]
    assert (check.timeout, check.expect) == (2.0, "Works.")
    assert check.steps[0].env["INPUT_URL"] == "mine"


def test_no_secret_goes_through_an_input(problems: Problems, tmp_path: Path) -> None:
    text = "inputs: {body: {}}\nsteps: [{run: [send, '${{ inputs.body }}'], secrets: [KEY]}]\n"
    (tmp_path / "checks/smoke.yaml").write_text(text, encoding="utf-8")
    found = problems(
        "stages: {s: [{area: A, uses: ./checks/smoke.yaml, with: {body: '${{ env.KEY }}'},"
        " secrets: [KEY]}]}",
        environment={"KEY": "x"},
    )
    assert "'KEY' is a secret" in found[0]


def test_an_input_may_wait_for_the_run(book: Loader) -> None:
    check = book(uses("with: {url: 'http://${{ run.id }}'}")).stages["s"][0]
    assert check.steps[1].look_ups == ("run.id",)
    assert check.steps[1].env["INPUT_URL"] == "http://${{ run.id }}"


def test_an_input_of_the_environment_is_never_shown(problems: Problems) -> None:
    found = problems(uses("with: {url: '${{ env.U }}'}"), environment={"U": "hidden"})
    assert "found '${{ inputs.url }}'" in found[0]


def test_a_secret_of_the_definition_stays_out_of_argv(problems: Problems) -> None:
    found = problems(
        uses("with: {url: 'http://x'}").replace("A,", "A, env: {X: '${{ env.KEY }}'},"),
        environment={},
    )
    assert "KEY is not set" in found[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("uses: probe", "uses: prob"), "checks/smoke.yaml:8:11: steps[0].uses: unknown kind"),
        (("default: 80", "default: x"), "checks/smoke.yaml:3:34: inputs.port.default: expected"),
        (
            ("services: [web]", "services: [wbe]"),
            "checks/smoke.yaml:5:12: services[0]: there is no",
        ),
        (("services: [web]", "services: web"), "services: expected a list"),
        (("  port:", "  URL: {}\n  port:"), "'url' and 'URL' would be the same environment"),
        (("steps:", "stpes:"), "unknown key (did you mean 'steps'?)"),
        (("$INPUT_URL", "${{ inputs.url }}"), 'use "$INPUT_URL"'),
        ((DEFINITION, "- 1"), "checks/smoke.yaml:1:1: file: expected a mapping"),
    ],
)
def test_problems_in_it_have_its_place(
    problems: Problems, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    text = DEFINITION.replace(*change)
    (tmp_path / "checks/smoke.yaml").write_text(text, encoding="utf-8")
    found = problems(uses("with: {url: 'http://x'}"))
    assert any(message in one for one in found)


def test_a_missing_folder(problems: Problems) -> None:
    found = problems("stages: {s: [{area: A, uses: ./no/smoke.yaml}]}")
    assert "no/smoke.yaml: No such file" in found[0]


def test_a_default_may_look_up_what_the_playbook_states(book: Loader, tmp_path: Path) -> None:
    text = (
        "inputs: {version: {default: 'v${{ release.version }}'}}\n"
        "steps: [{run: [show, '${{ inputs.version }}']}]\n"
    )
    (tmp_path / "checks/smoke.yaml").write_text(text, encoding="utf-8")
    loaded = book("stages: {s: [{area: A, uses: ./checks/smoke.yaml}]}")
    step = loaded.stages["s"][0].steps[0]
    version = loaded.release.version
    assert step.look_ups == ()
    assert step.env["INPUT_VERSION"] == f"v{version}"
    assert f"v{version}" in str(step.action)


def test_a_default_that_looks_up_what_is_not_there(problems: Problems, tmp_path: Path) -> None:
    text = "inputs: {version: {default: '${{ release.versoin }}'}}\nsteps: [{run: [show]}]\n"
    (tmp_path / "checks/smoke.yaml").write_text(text, encoding="utf-8")
    found = problems("stages: {s: [{area: A, uses: ./checks/smoke.yaml}]}")
    assert len(found) == 1
    assert found[0].startswith("checks/smoke.yaml:1:29: inputs.version.default: unknown name")
    assert found[0].endswith("(did you mean 'release.version'?)")
