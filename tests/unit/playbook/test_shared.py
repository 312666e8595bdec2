"""A top-level key is laid under the ``with`` of every step of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from runner.kinds.base import Context, Kind
from runner.kinds.command import COMMAND
from runner.model import Playbook, StepReport
from runner.playbook.kinds import KindSpec
from runner.playbook.shapes import Field, Integer, Record, Text

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]

FIELDS = (Field("scan", Text(), required=True), Field("lock", Text()), Field("days", Integer(1)))


@dataclass(frozen=True)
class Scan:
    """An action that only keeps what it was made of."""

    parameters: Mapping[str, Any]

    def describe(self) -> tuple[str, ...]:
        return ()

    def run(self, context: Context) -> StepReport:
        raise NotImplementedError


def build(read: Mapping[str, Any], _: object) -> Scan:
    return Scan(read)


SCANS = Kind(
    "advisories",
    "A fake.",
    Record(dict[str, Any], FIELDS),
    Record(dict[str, Any], ()),
    build,
    dict,
    shared=Record(dict[str, Any], FIELDS[1:]),
)


@pytest.fixture
def kinds() -> Mapping[str, KindSpec]:
    return {"command": COMMAND, "advisories": SCANS}


STAGE = "stages:\n  s:\n"
SHARED = "advisories: {lock: a.txt, days: 3}\n"


def parameters(playbook: Playbook, index: int = 0) -> Mapping[str, Any]:
    action = playbook.stages["s"][index].steps[0].action
    found: Mapping[str, Any] = vars(action)["parameters"]
    return found


def test_what_is_shared_stands_under_each_with(book: Loader) -> None:
    playbook = book(
        f"{SHARED}{STAGE}"
        "    - {area: One, uses: advisories, with: {scan: before}}\n"
        "    - {area: Two, uses: advisories, with: {scan: after, days: 9}}\n"
        "    - {area: Three, steps: [{uses: advisories, with: {scan: x}}]}\n"
        "    - {area: Four, run: ['true']}\n"
    )
    assert parameters(playbook, 0) == {"scan": "before", "lock": "a.txt", "days": 3}
    assert parameters(playbook, 1) == {"scan": "after", "lock": "a.txt", "days": 9}
    assert parameters(playbook, 2) == {"scan": "x", "lock": "a.txt", "days": 3}
    assert playbook.stages["s"][3].steps[0].kind == "command"


def test_a_step_without_with_takes_all(problems: Problems) -> None:
    found = problems(f"{SHARED}{STAGE}    - {{area: One, uses: advisories}}\n")
    assert [one.split(": ", 1)[1] for one in found] == ["stages.s[0].with.scan: missing key"]


def test_look_ups_are_filled_in(book: Loader) -> None:
    playbook = book(
        "vars: {days: 5}\n"
        "advisories: {lock: '${{ release.version }}.txt', days: '${{ vars.days }}'}\n"
        f"{STAGE}    - {{area: One, uses: advisories, with: {{scan: x}}}}\n"
    )
    assert parameters(playbook) == {"scan": "x", "lock": "3.6.0.txt", "days": 5}


def test_a_problem_is_told_once_and_at_its_place(problems: Problems) -> None:
    found = problems(
        f"advisories: {{lock: a.txt, days: 0, dys: 1}}\n{STAGE}"
        "    - {area: One, uses: advisories, with: {scan: x}}\n"
        "    - {area: Two, uses: advisories, with: {scan: x}}\n"
    )
    assert [one.split(": ")[:2] for one in found] == [
        ["p.yaml:2:33", "advisories.days"],
        ["p.yaml:2:36", "advisories.dys"],
    ]


def test_it_is_checked_where_no_step_uses_it(problems: Problems) -> None:
    found = problems(f"advisories: {{days: 0}}\n{STAGE}    - {{area: One, run: ['true']}}\n")
    assert "advisories.days: expected a whole number from 1" in found[0]


def test_a_profile_lays_over_it(book: Loader) -> None:
    playbook = book(
        f"{SHARED}profiles: {{p: {{advisories: {{lock: b.txt}}}}}}\n{STAGE}"
        "    - {area: One, uses: advisories, with: {scan: x}}\n",
        profile="p",
    )
    assert parameters(playbook) == {"scan": "x", "lock": "b.txt", "days": 3}


@pytest.mark.parametrize("shared", ["[]", "text"])
def test_what_is_no_mapping(problems: Problems, shared: str) -> None:
    found = problems(
        f"advisories: {shared}\n{STAGE}    - {{area: One, uses: advisories, with: {{scan: x}}}}\n"
    )
    assert "advisories: expected a mapping" in found[0]


def test_a_with_that_is_no_mapping_is_left_to_the_kind(problems: Problems) -> None:
    found = problems(f"{SHARED}{STAGE}    - {{area: One, uses: advisories, with: [x]}}\n")
    assert "stages.s[0].with: expected a mapping" in found[0]


def test_without_such_a_kind(problems: Problems) -> None:
    text = f"{SHARED}{STAGE}    - {{area: One, run: ['true']}}\n"
    for kinds in ({"command": COMMAND}, {"command": COMMAND, "advisories": COMMAND}):
        assert "no kind 'advisories'" in problems(text, kinds=kinds)[0]
