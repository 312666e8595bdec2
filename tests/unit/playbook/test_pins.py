"""What a pin may say, and that every format of the playbook is one that is found in files."""

from __future__ import annotations

import pytest
import yaml

from runner.model import Pin
from runner.playbook.pins import FORMATS, PIN
from runner.playbook.problems import PlaybookInvalid
from runner.release import formats


def _read(text: str) -> Pin:
    node = yaml.compose(text, yaml.SafeLoader)
    assert node is not None
    return PIN.read(node, "pins[0]")


def test_the_playbook_and_the_files_know_the_same_formats() -> None:
    assert set(FORMATS) == set(formats.FORMATS)


def test_a_pin_says_what_stands_there_and_how_often() -> None:
    pin = _read("{file: D, docker_from: a/b, template: 'v{version}-slim', times: 2}")
    assert pin == Pin("D", "docker_from", "a/b", {}, "v{version}-slim", 2)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{file: D, docker_arg: V, template: 'v'}", "pins[0].template"),
        ("{file: D, docker_arg: V, times: 0}", "pins[0].times"),
        ("{file: D, docker_arg: V, columns: {A: b}}", "pins[0].columns"),
        ("{file: D, table_row: V}", "pins[0].columns"),
        ("{file: D, docker_arg: V, regex: W}", "pins[0]"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_key(text: str, key: str) -> None:
    with pytest.raises(PlaybookInvalid) as caught:
        _read(text)
    assert key in caught.value.message
