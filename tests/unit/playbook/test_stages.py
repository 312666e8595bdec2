"""Checks and stages: what they are made into, and what is refused beyond the examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.model import Playbook, Retry
from runner.playbook.names import slug

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Artifact push", "artifact-push"), ("  Ünïcode — 2.0!", "unicode-2-0"), ("检查", "")],
)
def test_slug(title: str, expected: str) -> None:
    assert slug(title) == expected
    assert len(slug(title * 100)) <= 80


def test_ids(book: Loader) -> None:
    playbook = book(
        "stages: {s: [{area: One, run: x}, {area: 检查, run: x}, {area: X, id: my-id, run: x},"
        " {area: 'Of ${{ release.version }}', run: x}]}"
    )
    checks = playbook.stages["s"]
    assert [check.id for check in checks] == ["one", "check-2", "my-id", "of-release-version"]
    assert checks[3].area == "Of 3.6.0"


def test_everything_of_a_check(book: Loader) -> None:
    playbook = book(
        "services: {web: {run: [x], ready: {port: 80}}}\n"
        "stages: {s: [{area: A, run: x}, {area: B, cwd: ./src/, timeout: 5s, services: [web],"
        " needs: [a], retry: {attempts: 3, delay: 1s, backoff: 1.5}, allow_failure: true,"
        " artifacts: [out/*], secrets: [S], steps: [{run: x, cwd: other, timeout: 1s, always: true,"
        " secrets: [T, S]}, {id: last, uses: command, with: {run: [y]}}]}]}"
    )
    check = playbook.stages["s"][1]
    assert (check.timeout, check.services, check.needs) == (5.0, ("web",), ("a",))
    assert check.retry == Retry(3, 1.0, 1.5)
    assert (check.allow_failure, check.artifacts) == (True, ("out/*",))
    first, last = check.steps
    assert (first.id, first.cwd, first.timeout, first.always) == ("step-1", "other", 1.0, True)
    assert first.secrets == ("S", "T")
    assert (last.id, last.cwd, last.timeout, last.kind) == ("last", "src", None, "command")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("run: x, with: [a]", "stages.s[0].with: expected a mapping, found a list"),
        ("run: x, with: {shel: a}", "with.shel: unknown key"),
        ("run: {a: 1}", "s[0].run: expected a script, found a mapping"),
        ("uses: probe, with: {port: 13}, expect: {status: 1}", "port 13 brings bad luck"),
        ("uses: [probe]", "s[0].uses: unknown kind ''"),
        ("run: x, expect: {says: 5}", "expect.says: expected text, found '5'"),
        ("run: x, expect: {says: ''}", "expect.says: states nothing"),
        ("run: x, expect: ''", "expect: states nothing"),
        ("run: x, expect: {exitcode: 1}", "expect.exitcode: unknown key"),
        ("steps: [5]", "steps[0]: expected a mapping, found '5'"),
        ("steps: {run: x}", "steps: expected a list of at least 1, found a mapping"),
        ("steps: [{uses: probe}]", "steps[0].expect: states no expectation"),
        ("run: x, needs: [[a]]", "needs[0]: expected a name"),
        ("run: x, services: [[a]]", "services[0]: expected a name"),
        ("run: x, id: [a]", "id: expected a name"),
        ("run: x, id: a.b", "id: expected a name"),
        ("steps: [{run: x, id: [a]}]", "steps[0].id: expected a name"),
    ],
)
def test_refused(problems: Problems, check: str, message: str) -> None:
    found = problems(f"stages: {{s: [{{area: A, {check}}}]}}")
    assert any(message in one for one in found), found


def test_problems_of_a_wrong_check_and_its_steps_come_together(problems: Problems) -> None:
    found = problems("stages: {s: [{are: A, steps: [{run: x, tiemout: 5s}, {uses: prob}]}, 5]}")
    assert len(found) == 5


def test_without_a_command_kind(problems: Problems) -> None:
    assert "unknown kind 'command'" in problems("stages: {s: [{area: A, run: x}]}", kinds={})[0]


def test_many_cycles_are_told_of_in_bounded_time(problems: Problems) -> None:
    pairs = "".join(
        f"  - {{area: A{n}, run: x, needs: [b{n}]}}\n  - {{area: B{n}, run: x, needs: [a{n}]}}\n"
        for n in range(50)
    )
    found = problems(f"stages:\n  s:\n{pairs}")
    assert len(found) == 20
    assert "a0 → b0 → a0" in found[0]
