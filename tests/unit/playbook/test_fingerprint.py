from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.model import Playbook

Loader = Callable[..., Playbook]

TEXT = """\
release: {package: mlflow, version: 3.6.0, status: fine}
services:
  web: {run: [serve], ready: {port: 80}, env: {A: 1, S: '${{ env.S }}'}, secrets: [S]}
stages:
  s:
    - area: One
      uses: ./checks/smoke.yaml
      with: {url: x, other: "y"}
      services: [web]
      env: {B: 2, S: '${{ env.S }}'}
      timeout: 5s
profiles: {p: {}}
"""
DEFINITION = (
    "inputs: {url: {}, other: {}}\nsteps: [{run: [echo, '${{ inputs.url }}'], secrets: [S]}]"
)


@pytest.fixture
def fingerprint(book: Loader, tmp_path: Path) -> Callable[..., str]:
    def read(text: str = TEXT, definition: str = DEFINITION, **options: object) -> str:
        (tmp_path / "checks").mkdir(exist_ok=True)
        (tmp_path / "checks/smoke.yaml").write_text(definition, encoding="utf-8")
        playbook = book(text, **{"environment": {"S": "secret"}, **options})
        return playbook.stages["s"][0].fingerprint

    return read


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x,", "z,"),
        ("timeout: 5s", "timeout: 6s"),
        ("version: 3.6.0", "version: 3.7.0"),
        ("B: 2", "B: 3"),
        ("A: 1", "A: 2"),
        ("[serve]", "[server]"),
        ("services: [web]", "expect: It works."),
        ("timeout: 5s", "timeout: 5s\n      retry: {attempts: 2}"),
        ("timeout: 5s", "timeout: 5s\n      cwd: src"),
    ],
)
def test_changes_with_the_content(fingerprint: Callable[..., str], old: str, new: str) -> None:
    assert old in TEXT
    assert fingerprint(TEXT.replace(old, new)) != fingerprint()


def test_changes_with_definition_and_profile(fingerprint: Callable[..., str]) -> None:
    assert fingerprint(definition=DEFINITION.replace("echo", "cat")) != fingerprint()
    assert fingerprint(profile="p") != fingerprint()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{url: x, other: "y"}', "\n        other: y # a comment\n        url: 'x'"),
        ("stages:", "\n\nstages:"),
        ("status: fine", "status: done, upgrade_status: done"),
    ],
)
def test_stays_with_form_and_progress(fingerprint: Callable[..., str], old: str, new: str) -> None:
    assert old in TEXT
    assert fingerprint(TEXT.replace(old, new)) == fingerprint()


def test_does_not_depend_on_secrets(fingerprint: Callable[..., str]) -> None:
    assert fingerprint(environment={"S": "another"}) == fingerprint()
