from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.model import Playbook

Loader = Callable[..., Playbook]
Problems = Callable[..., list[str]]

TEXT = """\
vars: {port: 80, host: x}
services: {web: {run: [serve], ready: {port: 80}}}
stages: {s: [{area: One, run: ["${{ vars.port }}"]}, {area: Two, run: 'true'}]}
profiles: {p: {vars: {port: 81}}}
"""


def test_values_are_set(book: Loader) -> None:
    playbook = book(
        TEXT,
        profile="p",
        overrides=[
            "vars.port=5051",
            "vars.host=a=b",
            "release.version=3.7.0",
            "services.web.ready.within=90s",
            "services.web.ready.url=http://x/",
            "stages.s.two.timeout=3s",
            "owners.dri='Me: too'",
            "env.NEW=",
        ],
    )
    assert playbook.variables == {"port": "5051", "host": "a=b"}
    assert playbook.release.version == "3.7.0"
    ready = playbook.services["web"].ready
    assert (ready.within, ready.url, ready.port) == (90.0, "http://x/", 0)
    assert playbook.stages["s"][1].timeout == 3.0
    assert playbook.owners.dri == "Me: too"
    assert playbook.stages["s"][0].steps[0].env["NEW"] == ""


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("vars.prot=1", "--set:1:1: vars.prot: there is no 'prot' (did you mean 'port'?)"),
        ("services.wbe.cwd=x", "--set:1:1: services.wbe.cwd: there is no 'wbe'"),
        ("stages.t.one.cwd=x", "--set:1:1: stages.t.one.cwd: there is no 't'"),
        ("stages.s.on.cwd=x", "--set:1:1: stages.s.on.cwd: there is no 'on'"),
        ("vars.port", "--set:1:1: vars.port: expected KEY=VALUE (as in"),
        ("vars..port=1", "--set:1:1: vars..port: expected KEY=VALUE"),
        ("=1", "--set:1:1: =1: expected KEY=VALUE"),
        ("vars.port=[1]", "--set:1:11: vars.port: expected a single value"),
        ("vars.port='x", "--set:1:13: file: not valid YAML"),
        ("vars.port=!!binary x", "--set:1:11: file: unknown tag !!binary"),
        ("vars.port=null", "--set:1:11: vars.port: expected text or a number"),
        ("vars.port=\udc80", "--set:1:11: vars.port: not text"),
        ("release.versoin=1", "--set:1:1: release.versoin: unknown key"),
        ("release.version=3.7", "--set:1:17: release.version: expected a version"),
        ("profiles.p.vars=1", "--set:1:1: profiles.p.vars: a profile cannot be changed"),
        ("nothing=1", "--set:1:1: nothing: unknown key"),
    ],
)
def test_refused(problems: Problems, override: str, problem: str) -> None:
    found = problems(TEXT, overrides=[override])
    assert found[0].startswith(problem), found
