"""``upstream``, and what triage records in ``release``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator
from unit.playbook.conftest import Loader

from runner.kinds import BUILTIN
from runner.model import Upstream
from runner.playbook.published import schema

STAGES = "stages: {verification: [{area: A, run: 'true', expect: {exit_code: 0}}]}\n"


def test_without_the_key_nothing_is_asked_of_candidates(book: Loader) -> None:
    assert book(STAGES).upstream == Upstream()
    assert book(f"upstream: {{}}\n{STAGES}").upstream == Upstream()


def test_every_setting_is_read(book: Loader) -> None:
    told = book(
        "upstream: {releases: 'https://example.org/a.atom?x=1', dependabot: o/demo.x, "
        "api: 'http://localhost:1/api', min_age: 36h, prereleases: true, candidates: 9}\n"
        f"{STAGES}"
    )
    assert told.upstream == Upstream(
        releases="https://example.org/a.atom?x=1",
        dependabot="o/demo.x",
        api="http://localhost:1/api",
        min_age=129600.0,
        prereleases=True,
        candidates=9,
    )
    assert book(f"upstream: {{min_age: 7d}}\n{STAGES}").upstream.min_age == 604800.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("releases: 'http://example.org/a'", "an address of the form https://host/path"),
        ("releases: 'https://u:p@example.org/a'", "without a user"),
        ("releases: 'http://localhost.evil.example/'", "an address"),
        ("api: 'file:///etc/passwd'", "an address"),
        ("dependabot: demo", "owner/name"),
        ("dependabot: o/demo/x", "owner/name"),
        ("min_age: 7", "7d or 36h"),
        ("min_age: 1w", "7d or 36h"),
        ("prereleases: yes", "true or false"),
        ("candidates: 0", "from 1 to 50"),
        ("candidate: 3", "unknown key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    problems: Callable[..., list[str]], text: str, said: str
) -> None:
    (told,) = problems(f"upstream: {{{text}}}\n{STAGES}")
    assert told.startswith("p.yaml:2:")
    assert f"upstream.{text.split(':', maxsplit=1)[0]}" in told
    assert said in told


def test_the_schema_knows_the_same() -> None:
    shape = {**schema(BUILTIN)["properties"]["upstream"], "$defs": schema(BUILTIN)["$defs"]}
    validator = Draft202012Validator(shape)
    assert validator.is_valid({"releases": "https://example.org/a", "min_age": "7d"})
    assert not validator.is_valid({"releases": "http://example.org/a"})
    assert not validator.is_valid({"min_age": "7"})


@pytest.mark.parametrize("day", ["2026-11-24", "'2026-11-24'"])
def test_what_triage_records_is_read(book: Loader, day: str) -> None:
    release = f"release: {{package: demo, version: 1.0.1, target: 1.2.1, triaged: {day}}}\n"
    told = book(f"{release}{STAGES}").release
    assert (told.target, told.triaged) == ("1.2.1", "2026-11-24")


@pytest.mark.parametrize("day", ["soon", "2026-13-01", "3", "[2026-11-24]"])
def test_a_day_that_is_none_is_told(problems: Callable[..., list[str]], day: str) -> None:
    release = f"release: {{package: demo, version: 1.0.1, triaged: {day}}}\n"
    assert any("a day like 2027-01-31" in one for one in problems(f"{release}{STAGES}"))
