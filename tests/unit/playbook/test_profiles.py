from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from runner.model import Playbook
from runner.playbook.findings import Findings
from runner.playbook.profiles import lay_over

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]

BASE = """\
vars: {a: 1, b: 2}
owners: {notify: [x, y]}
services:
  web: {run: [serve], ready: {url: "http://x/", within: 9s}, env: {A: base, B: base}}
stages:
  s:
    - {area: One, run: 'true', expect: {exit_code: 0}, timeout: 5s}
    - {area: Two, uses: probe, with: {port: 80}, expect: {status: 200}}
    - {area: Three, uses: probe, with: {port: 80}, expect: {status: 200}}
profiles:
  p:
"""


def lay(book: Loader, overlay: str) -> Playbook:
    return book(BASE + f"    {overlay}\n", profile="p")


def test_mappings_merge_lists_and_scalars_replace(book: Loader) -> None:
    playbook = lay(book, "{vars: {b: 3, c: 4}, owners: {notify: [z]}, env: {E: e}}")
    assert playbook.variables == {"a": "1", "b": "3", "c": "4"}
    assert playbook.owners.notify == ("z",)
    assert playbook.profile == "p"
    assert book(BASE + "    {vars: {b: 3}}\n").variables == {"a": "1", "b": "2"}


def test_what_excludes_each_other(book: Loader) -> None:
    web = lay(book, "{services: {web: {compose: {file: c, service: w}}}}").services["web"]
    assert (web.run, web.ready.within) == ((), 9.0)
    ready = lay(book, "{services: {web: {ready: {port: 80}, env: {B: own}}}}").services["web"]
    assert (ready.ready.url, ready.ready.port, ready.ready.within) == ("", 80, 9.0)
    assert (ready.env["A"], ready.env["B"]) == ("base", "own")


def test_checks_merge_by_id(book: Loader) -> None:
    playbook = lay(
        book,
        "{stages: {s: {one: {run: [x], timeout: 1s}, two: {run: [y]},"
        " three: {uses: probe, with: {fast: true}}}}}",
    )
    one, two, three = playbook.stages["s"]
    assert (one.timeout, one.steps[0].kind) == (1.0, "command")
    assert two.steps[0].kind == "command"
    assert three.steps[0].action.parameters == {"port": 80, "fast": True}  # type: ignore[attr-defined]


def test_a_stage_is_replaced_or_added(book: Loader) -> None:
    playbook = lay(book, "{stages: {s: [{area: New, run: x}], t: [{area: More, run: x}]}}")
    assert {name: [one.id for one in checks] for name, checks in playbook.stages.items()} == {
        "s": ["new"],
        "t": ["more"],
    }


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("{stages: {s: {for: {timeout: 1s}}}}", "there is no check 'for'"),
        ("{stages: {s: 5}}", "stages.s: expected a list"),
        ("{vars: 5}", "vars: expected a mapping"),
        ("{services: {web: {port: 80}}}", "services.web.port: unknown key"),
        ("{profiles: {}}", "profiles.p.profiles: unknown key"),
        ("5", "profiles.p: expected a mapping"),
    ],
)
def test_an_unselected_profile_is_checked_too(
    problems: Problems, overlay: str, message: str
) -> None:
    found = problems(BASE + f"    {overlay}\n")
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith("p.yaml:13:")


def test_profiles_that_were_checked_before_may_be_left_unread(
    book: Loader, problems: Problems
) -> None:
    text = BASE + "    {stages: {t: [{area: More, run: x}]}}\n  q:\n    {stages: {s: 5}}\n"
    assert len(problems(text, profile="p")) == 1
    playbook = book(text, profile="p", others=False)
    assert (playbook.profile, [*playbook.stages]) == ("p", ["s", "t"])
    assert len(problems(text, profile="q", others=False)) == 1


def test_an_unselected_profile_needs_no_environment(book: Loader, problems: Problems) -> None:
    text = BASE + "    {vars: {a: '${{ env.NOT_SET }}'}}\n"
    book(text)
    assert "NOT_SET" in problems(text, profile="p")[0]


def test_an_unknown_profile(problems: Problems) -> None:
    text = "stages: {s: [{area: A, run: x}]}\n"
    assert problems(text, profile="x") == [
        "--profile:1:1: x: there is no profile 'x' (the playbook has no profiles)"
    ]
    found = problems(text + "profiles: {docker: {}}\n", profile="dokcer")
    assert "did you mean 'docker'?" in found[0]


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        (
            "advisories: {subject: {lock: a}, waivers: w}",
            "advisories: {subject: {image: b}}",
            {"advisories": {"subject": {"image": "b"}, "waivers": "w"}},
        ),
        (
            "services: {web: {database: {url: a, revisions: [r]}}}",
            "services: {web: {database: {url_env: B}}}",
            {"services": {"web": {"database": {"url_env": "B", "revisions": ["r"]}}}},
        ),
        (
            "stages: {s: [{id: x, with: {url: a, port: 1, subject: {lock: a}}}]}",
            "stages: {s: {x: {with: {url_env: B, subject: {lock: c}}}}}",
            {
                "stages": {
                    "s": [
                        {"id": "x", "with": {"url_env": "B", "port": 1, "subject": {"lock": "c"}}}
                    ]
                }
            },
        ),
    ],
)
def test_what_is_one_thing_is_replaced(base: str, over: str, merged: dict[str, object]) -> None:
    nodes = [yaml.compose(text, yaml.SafeLoader) for text in (base, over)]
    first, second = nodes
    assert isinstance(first, yaml.MappingNode)
    assert isinstance(second, yaml.MappingNode)
    laid = lay_over(first, second, Findings())
    assert yaml.safe_load(yaml.serialize(laid)) == merged
