"""Every example file of ``playbooks`` is read by the loader and held against the published schema.

- ``accepted``: both accept it.
- ``rejected``: both refuse it; the ``.txt`` beside it has every problem that the loader names.
- ``rejected/semantic``: the loader refuses it, for a reason that JSON Schema cannot express: the
  schema accepts it, or it is no JSON-like YAML at all.
- ``checks``: definitions that the examples use.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from runner.kinds import BUILTIN
from runner.model import Playbook
from runner.playbook import PlaybookInvalid, definition_schema, load, schema

HERE = Path(__file__).parent / "playbooks"
ENVIRONMENT = {"TOKEN": "hidden-in-messages"}


def examples(folder: str) -> list[str]:
    found = sorted(HERE.glob(f"{folder}/*.yaml"))
    assert found
    return [str(path.relative_to(HERE)) for path in found]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema(BUILTIN))


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


def read(example: str, profile: str = "") -> Playbook:
    return load(
        Path(example),
        kinds=BUILTIN,
        repository=HERE,
        profile=profile,
        environment=ENVIRONMENT,
    )


def problems_of(example: str) -> str:
    with pytest.raises(PlaybookInvalid) as caught:
        read(example)
    return "".join(f"{problem}\n" for problem in caught.value.problems)


def accepts(validator: Draft202012Validator, example: str) -> bool:
    return bool(validator.is_valid(yaml.safe_load(Path(example).read_text(encoding="utf-8"))))


@pytest.mark.parametrize("example", examples("accepted"))
def test_accepted_by_loader_and_schema(example: str, validator: Draft202012Validator) -> None:
    playbook = read(example)

    assert all(playbook.stages.values())
    assert accepts(validator, example)


@pytest.mark.parametrize("example", examples("accepted"))
def test_accepted_without_an_environment(example: str) -> None:
    load(Path(example), kinds=BUILTIN, repository=HERE, environment=None)


@pytest.mark.parametrize("example", examples("rejected"))
def test_rejected_by_loader_and_schema(example: str, validator: Draft202012Validator) -> None:
    assert problems_of(example) == Path(example).with_suffix(".txt").read_text(encoding="utf-8")
    assert not accepts(validator, example)


@pytest.mark.parametrize("example", examples("rejected/semantic"))
def test_rejected_by_the_loader_alone(example: str, validator: Draft202012Validator) -> None:
    assert problems_of(example) == Path(example).with_suffix(".txt").read_text(encoding="utf-8")
    with contextlib.suppress(yaml.YAMLError):  # the schema is never asked
        assert accepts(validator, example)


@pytest.mark.parametrize("profile", ["docker", "other"])
def test_profiles_are_selected(profile: str) -> None:
    assert read("accepted/profiles.yaml", profile).profile == profile


def test_problems_never_show_the_environment() -> None:
    for example in examples("rejected") + examples("rejected/semantic"):
        assert ENVIRONMENT["TOKEN"] not in problems_of(example)


def test_definitions_have_a_schema_of_their_own() -> None:
    document = definition_schema(BUILTIN)
    Draft202012Validator.check_schema(document)
    validator = Draft202012Validator(document)
    verdicts = {
        path.name: validator.is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in HERE.glob("checks/*.yaml")
    }

    assert verdicts == {
        "smoke.yaml": True,
        "needs_postgres.yaml": True,
        "twice.yaml": True,
        "broken.yaml": False,
        "broken_top.yaml": False,
    }
