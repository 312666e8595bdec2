"""The kind for images, against an engine that is a shell script."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.door import LocalDoor
from unit.advisories.engines import (
    CONTAINER,
    ID,
    INSPECTED,
    NO_IMAGE,
    OTHER,
    REFERENCE,
    engine,
    prints,
    says,
)
from unit.advisories.repositories import door
from unit.kinds.fakes import ProcessContext, action_of, problems_of

from runner.kinds.image import IMAGE
from runner.kinds.image.expectation import version_in
from runner.model import Outcome, Release, StepReport

LOOK = f"{{reference: '{REFERENCE}'}}"
ASK = f"{{reference: '{REFERENCE}', run: [mlflow, --version]}}"


@pytest.fixture
def there(tmp_path: Path) -> LocalDoor:
    made = door(tmp_path)
    engine(made, image=prints(INSPECTED), run="echo 'mlflow, version 3.6.0'")
    return made


def context(there: LocalDoor) -> ProcessContext:
    release = Release("mlflow", "3.6.0", image=REFERENCE)
    return ProcessContext(there.repository, env=there.env, release=release)


def look(there: LocalDoor, expectation: str, parameters: str = LOOK) -> StepReport:
    return action_of(IMAGE, parameters, expectation).run(context(there))


@pytest.mark.parametrize(
    ("expectation", "parameters"),
    [
        (f"{{digest: '{ID}'}}", LOOK),
        ("{labels: {org.opencontainers.image.version: {equals: 3.6.0}}}", LOOK),
        ("{user: '10001', root: false}", LOOK),
        ("{max_size: 900MB}", LOOK),
        ("{version: '3.6.0', stdout: {contains: mlflow}}", ASK),
        ("{root: true}", LOOK),
    ],
)
def test_what_is_as_expected_passes(there: LocalDoor, expectation: str, parameters: str) -> None:
    report = look(there, expectation, parameters)
    assert report.outcome is Outcome.PASSED, report.reason
    assert report.assertions[0].what == "image"
    assert (report.outputs["id"], report.outputs["digest"]) == (ID, ID)
    assert report.executions


@pytest.mark.parametrize(
    ("expectation", "parameters", "reason"),
    [
        (f"{{digest: '{OTHER}'}}", LOOK, f"digest: {ID}, expected {OTHER}"),
        (
            "{labels: {x: {equals: '1'}}}",
            LOOK,
            "label x: nothing there, expected to equal '1'",
        ),
        ("{user: root}", LOOK, "user: '10001', expected 'root'"),
        ("{max_size: 855MB}", LOOK, "size: 855124952 bytes, expected at most 855000000 bytes"),
        ("{version: 3.17.2}", ASK, "version: 3.6.0, expected 3.17.2"),
        ("{stdout: {contains: flask}}", ASK, "stdout: .*, expected to contain 'flask'"),
    ],
)
def test_what_is_otherwise_fails(
    there: LocalDoor, expectation: str, parameters: str, reason: str
) -> None:
    report = look(there, expectation, parameters)
    assert report.outcome is Outcome.FAILED
    assert re.fullmatch(reason, report.reason), report.reason
    assert report.hint


@pytest.mark.parametrize("user", ["", "0", "root", "0:0", "root:staff"])
def test_root_has_many_names(there: LocalDoor, user: str) -> None:
    engine(there, image=prints({**INSPECTED, "user": user}))
    report = look(there, "{root: false}")
    assert report.reason == f"user: '{user}', expected not root"


def test_a_command_that_tells_no_version_or_fails(there: LocalDoor) -> None:
    engine(there, image=prints(INSPECTED), run="echo hello")
    assert look(there, "{version: 3.6.0}", ASK).reason == (
        "version: none in 'hello\\n', expected 3.6.0"
    )
    engine(there, image=prints(INSPECTED), run="echo 3.6.0; exit 3")
    assert look(there, "{root: true}", ASK).reason == "exit code 3, expected 0"
    engine(there, image=prints(INSPECTED), run=says(127, "not found"))
    report = look(there, "{version: 3.6.0}", ASK)
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith("mlflow cannot be run in the image")


def test_no_such_image_is_a_no_and_no_daemon_is_not(there: LocalDoor) -> None:
    engine(there, image=says(1, NO_IMAGE))
    report = look(there, "{root: false}")
    assert report.outcome is Outcome.FAILED
    assert report.reason.startswith(f"there is no image {REFERENCE}: ")
    assert report.hint == f"build it, or fetch it: docker pull {REFERENCE}"
    assert [one.holds for one in report.assertions] == [False]
    engine(there, image=says(1, "Cannot connect to the Docker daemon at unix:///x."))
    report = look(there, "{root: false}")
    assert report.outcome is Outcome.ERRORED
    assert "DOCKER_HOST" in report.hint


def pulls(there: LocalDoor, how: str, *, had: bool) -> tuple[Outcome, list[str]]:
    marker = there.scratch / "here"
    marker.unlink(missing_ok=True)
    if had:
        marker.touch()
    engine(
        there,
        image=f"if [ -e {marker} ]; then {prints(INSPECTED)}\nelse {says(1, NO_IMAGE)}\nfi",
        pull=f"touch {marker}",
    )
    surroundings = context(there)
    parameters = f"{{reference: '{REFERENCE}', pull: {how}}}"
    report = action_of(IMAGE, parameters, "{root: false}").run(surroundings)
    return report.outcome, [one.argv[1] for one in surroundings.commands]


def test_an_image_is_fetched_where_that_is_asked_for(there: LocalDoor) -> None:
    assert pulls(there, "never", had=False) == (Outcome.FAILED, ["image"])
    assert pulls(there, "missing", had=False) == (Outcome.PASSED, ["image", "pull", "image"])
    assert pulls(there, "missing", had=True) == (Outcome.PASSED, ["image"])
    assert pulls(there, "always", had=True) == (Outcome.PASSED, ["pull", "image"])


def test_a_registry_must_have_it(there: LocalDoor) -> None:
    manifest = prints({"manifests": []})
    engine(there, image=prints(INSPECTED), manifest=manifest)
    assert look(there, "{published: true}").outcome is Outcome.PASSED
    engine(there, image=prints(INSPECTED), manifest=says(1, "manifest unknown"))
    assert look(there, "{published: true}").reason == (
        "registry: nothing there, expected published"
    )


@pytest.mark.parametrize("which", ["{port: 5050}", "{name: mlflow_1}"])
def test_the_container_must_be_made_of_the_image(there: LocalDoor, which: str) -> None:
    def answer(**changes: object) -> StepReport:
        one = prints({**CONTAINER, **changes})
        engine(there, image=prints(INSPECTED), ps="echo c", container=one)
        return look(there, f"{{container: {which}}}")

    assert answer().outcome is Outcome.PASSED
    report = answer(image=OTHER, reference="")
    assert report.outcome is Outcome.FAILED
    assert report.reason.startswith("image digest of the container ")
    assert report.reason.endswith(f": {OTHER} (no name), expected {ID}")
    engine(there, image=prints(INSPECTED), ps="true", container=says(1, "No such container: x"))
    assert "no such container runs" in look(there, f"{{container: {which}}}").reason


def test_the_release_s_image_is_recorded_and_no_other(there: LocalDoor) -> None:
    surroundings = context(there)
    action_of(IMAGE, ASK, "{version: 3.6.0}").run(surroundings)
    told = json.loads(surroundings.recorded["image.json"])
    assert (told["reference"], told["version"], told["commit"]) == (REFERENCE, "3.6.0", "c0ffee")
    action_of(IMAGE, LOOK, "{root: false}").run(surroundings)
    assert json.loads(surroundings.recorded["image.json"])["version"] == "3.6.0"
    other = context(there)
    action_of(IMAGE, "{reference: postgres}", "{root: false}").run(other)
    assert not other.recorded


def test_it_says_what_it_would_do() -> None:
    parameters = f"{{reference: '{REFERENCE}', pull: missing, run: [mlflow, --version]}}"
    action = action_of(IMAGE, parameters, "{version: 3.6.0, container: {port: 5050}}")
    assert action.describe() == (
        f"look at the image {REFERENCE} (pull: missing)",
        "in it, without network: mlflow --version",
        "compare it with the image of the container behind port 5050",
    )


@pytest.mark.parametrize(
    ("parameters", "expectation", "problem"),
    [
        ("{reference: -rf}", "", "expected the reference of an image"),
        (LOOK, "{}", "expected"),
        (LOOK, "{digest: md5}", "expected sha256: and 64 hexadecimal digits"),
        (LOOK, "{max_size: 1}", "expected"),
        (LOOK, "{version: x y}", "version"),
        (LOOK, "{container: {port: 1, name: x}}", "port"),
        (LOOK, "{container: {}}", "port"),
    ],
)
def test_what_has_no_sense_is_refused(parameters: str, expectation: str, problem: str) -> None:
    found = problems_of(IMAGE, parameters, expectation)
    assert found
    assert problem in found[0]


def test_a_version_needs_a_command() -> None:
    with pytest.raises(ValueError, match="name it under 'run'"):
        action_of(IMAGE, LOOK, "{version: 3.6.0}")


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("mlflow, version 3.17.2\n", "3.17.2"),
        ("Python 3.11.2", "3.11.2"),
        ("v1.2rc1", "1.2rc1"),
        ("1.x.y and 2.0", "2.0"),
        ("nothing 7", ""),
    ],
)
def test_the_first_version_is_taken(printed: str, version: str) -> None:
    assert version_in(printed) == version
