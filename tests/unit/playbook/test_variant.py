"""The parts of a playbook beside its checks, and the names that look-ups use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model import Place, Playbook

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]

STAGES = "stages: {verification: [{area: One, run: 'true'}]}\n"
SERVER = "services: {web: {run: [serve, '${{ vars.port }}'], ready: {port: 80}, env: {A: mine}}}\n"


def test_what_a_playbook_holds(book: Loader, tmp_path: Path) -> None:
    playbook = book(STAGES + "owners: {dri: Me}\npins: [{file: ./a//b, requirement: mlflow}]\n")

    assert (playbook.file, playbook.repository) == ("p.yaml", str(tmp_path))
    assert len(playbook.sha256) == 64
    assert playbook.release.version == "3.6.0"
    assert playbook.owners.dri == "Me"
    assert playbook.pins[0].file == "a/b"
    check = playbook.stages["verification"][0]
    assert check.place == Place("p.yaml", 2, 25)
    assert (check.timeout, check.services, check.expect) == (900.0, (), "")
    assert check.steps[0].look_ups == ()


def test_environment_of_steps_and_services(book: Loader) -> None:
    playbook = book(
        "vars: {port: 5050}\nenv: {A: all, B: '${{ release.version }}', VAR_PORT: own}\n"
        + SERVER
        + "stages: {s: [{area: One, run: 'true', env: {B: check}},"
        " {area: Two, env: {C: check}, steps: [{run: 'true', env: {C: step}}, {run: 'true'}]}]}"
    )
    base = {"RELEASE_PACKAGE": "mlflow", "RELEASE_VERSION": "3.6.0", "VAR_PORT": "own", "A": "all"}

    one, two = playbook.stages["s"]

    assert one.steps[0].env == {**base, "B": "check"}
    assert two.steps[0].env == {**base, "B": "3.6.0", "C": "step"}
    assert two.steps[1].env == {**base, "B": "3.6.0", "C": "check"}
    web = playbook.services["web"]
    assert web.env == {**base, "B": "3.6.0", "A": "mine"}
    assert web.run == ("serve", "5050")


def test_a_variable_may_look_up_those_before_it(book: Loader, problems: Problems) -> None:
    text = "vars: {home: /a, data: '${{ vars.home }}/b', file: '${{ vars.data }}/c'}\n" + STAGES
    assert book(text).variables["file"] == "/a/b/c"
    assert book(text, overrides=("vars.home=/x",)).variables["file"] == "/x/b/c"
    (found,) = problems("vars: {data: '${{ vars.home }}/b', home: /a}\n" + STAGES)
    assert found.startswith("p.yaml:2:14: vars.data: unknown name 'vars.home'")
    left_open = book("vars: {a: '${{ env.A }}', b: '${{ vars.a }}'}\n" + STAGES, environment=None)
    assert left_open.variables["b"] == "${{ vars.a }}"


def test_the_image_is_in_the_environment_where_stated(book: Loader) -> None:
    playbook = book("release: {package: a, version: b, image: 'c:d'}\n" + STAGES)
    assert playbook.stages["verification"][0].steps[0].env["RELEASE_IMAGE"] == "c:d"


def test_the_machines_environment(book: Loader, problems: Problems) -> None:
    text = "env: {OWN: '${{ env.HOME }}/x'}\nstages: {s: [{area: A, run: [ls, '${{ env.OWN }}']}]}"

    playbook = book(text, environment={"HOME": "/nowhere"})

    assert "/nowhere/x" in playbook.stages["s"][0].steps[0].action.describe()[0]
    assert "HOME is not set" in problems(text)[0]
    book(text, environment=None)
    assert "holds a look-up" in problems(text, environment={"HOME": "${{ run.id }}"})[0]


def test_without_an_environment_what_needs_it_is_left_out(book: Loader) -> None:
    playbook = book(
        "release: {package: a, version: '${{ env.V }}'}\nvars: {v: '${{ env.X }}'}\n"
        "stages: {s: [{area: A, uses: probe, with: {url: '${{ env.URL }}', port: '${{ vars.v }}'},"
        " expect: {status: 200}}, {area: B, run: [a, '${{ release.image }}', '${{ vars.v }}']}]}",
        environment=None,
    )
    assert [check.id for check in playbook.stages["s"]] == ["b"]


def test_problems_show_nothing_of_the_environment(problems: Problems) -> None:
    found = problems(
        "stages: {s: [{area: A, uses: probe, with: {url: 'x${{ env.P }}'}, expect: {status: 1}}]}",
        environment={"P": "hidden"},
    )
    assert "found 'x${{ env.P }}'" in found[0]


def test_types_are_kept(book: Loader) -> None:
    playbook = book(
        "vars: {port: 5050, fast: true}\nstages: {s: [{area: A, uses: probe,"
        " with: {port: '${{ vars.port }}', fast: '${{vars.fast}}',"
        " url: 'http://x:${{ vars.port }}'},"
        " expect: {says: It is there., status: 200}}]}"
    )
    check = playbook.stages["s"][0]
    parameters = check.steps[0].action.parameters  # type: ignore[attr-defined]
    assert parameters == {"port": 5050, "fast": True, "url": "http://x:5050"}
    assert check.expect == "It is there."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vars: [1]\nstages: {s: [{area: A, run: [a, '${{ vars.x }}']}]}", "vars: expected a map"),
        ("env: [1]\nstages: {s: [{area: A, run: [a, '${{ env.x }}']}]}", "env: expected a mapping"),
        ("release: {}\nstages: {s: [{area: A, run: [a, '${{ release.image }}']}]}", "missing key"),
        ("services: [1]\n" + STAGES, "services: expected a mapping"),
        ("services: {web: 5}\n" + STAGES, "services.web: expected a mapping"),
        ("services: {'a b': {run: [x], ready: {port: 80}}}\n" + STAGES, "a name of letters"),
        ("vars: {a: 1}\nstages: 5", "stages: expected a mapping"),
        ("vars: {a: 1}", "stages: missing key"),
        ("vars: {a-b: 1, A_b: 2}\n" + STAGES, "'a-b' and 'A_b' would be the same environment"),
        ("stages: {s: [{area: A, run: [a, '${{ release.image }}']}]}", "add 'image' under release"),
    ],
)
def test_a_wrong_part_causes_no_further_problems(
    problems: Problems, text: str, message: str
) -> None:
    found = problems(text)
    assert message in found[0]
    assert all("unknown name" not in one and "not set" not in one for one in found)


def test_links_out_of_the_repository(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/")
    found = problems(
        "pins: [{file: out/etc, requirement: a}]\n"
        "services: {a: {run: [x], cwd: out, ready: {port: 80}},"
        " b: {compose: {file: out/x, service: a}}}\n"
        "stages:\n  s:\n  - {area: A, run: 'true', cwd: out}\n"
        "  - {area: B, steps: [{run: 'true', cwd: out}]}\n  - {area: C, uses: ./out/x.yaml}\n"
    )
    assert len(found) == 6
    assert all("symbolic link" in one for one in found)


def test_run_time_names_are_noted(book: Loader) -> None:
    playbook = book(
        "services: {a: {run: [x, '${{ run.scratch }}'], ready: {port: 80}}}\n"
        "stages: {s: [{area: A, env: {X: '${{ run.id }}'}, steps: [{id: one, run: 'true'},"
        " {run: [a, '${{ steps.one.outputs.o }}']}]},"
        " {area: B, uses: probe, with: {headers: {A: 'b ${{ env.TOKEN }}'}}, secrets: [TOKEN],"
        " expect: {status: 1}}]}",
        environment={"TOKEN": "hidden"},
    )
    one, two = playbook.stages["s"][0].steps
    assert one.look_ups == ("run.id",)
    assert two.look_ups == ("run.id", "steps.one.outputs.o")
    assert playbook.services["a"].look_ups == ("run.scratch",)
    (three,) = playbook.stages["s"][1].steps
    assert three.look_ups == ("env.TOKEN",)
    assert "hidden" not in repr(playbook)


def test_a_secret_may_go_into_an_environment(book: Loader) -> None:
    playbook = book(
        "stages: {s: [{area: A, run: 'true', secrets: [TOKEN], env: {COPY: '${{ env.TOKEN }}'}}]}",
        environment={"TOKEN": "x"},
    )
    assert playbook.stages["s"][0].steps[0].env["COPY"] == "x"
    assert playbook.stages["s"][0].steps[0].secrets == ("TOKEN",)
