"""Dependabot alerts, from a server that speaks as much of GitHub's REST API as is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from support.openapi import Exchange, check
from unit.kinds.servers import Handler, Server, document, serving, text
from unit.release.upstream.asking import alert, question

from runner.release.upstream import dependabot
from runner.release.upstream.base import Question, UpstreamError
from runner.release.upstream.dependabot import DEPENDABOT

PATH = "/api/v3/repos/o/demo/dependabot/alerts"
TOKEN = {"GITHUB_TOKEN": "ghp_secretsecret"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def asked(tmp_path: Path, server: Server, **secrets: str) -> Question:
    api = f"{server.url}/api/v3/"
    return question(tmp_path, secrets=secrets or TOKEN, dependabot="o/demo", api=api)


def trouble(one: Question) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        DEPENDABOT.ask(one)
    told = f"{caught.value.message} {caught.value.hint}"
    assert "secret" not in told
    assert caught.value.hint
    return caught.value


def test_alerts_of_the_package_are_read(tmp_path: Path, server: Server) -> None:
    server.answers[PATH] = document(
        [
            alert(1, ">= 1.0, < 1.2"),
            alert(2, "= 1.0.0", cve_id=None),
            alert(3, None),
            alert(4, "whatever"),
            alert(5, "< 2", package="other"),
            alert(6, "< 2", package="no name!"),
            {**alert(7, "<= 1.1"), "html_url": "javascript:x"},
        ]
    )
    told = DEPENDABOT.ask(asked(tmp_path, server)).alerts
    assert [(one.number, one.affected) for one in told] == [
        (1, SpecifierSet(">=1.0,<1.2")),
        (2, SpecifierSet("==1.0.0")),
        (3, None),
        (4, None),
        (7, SpecifierSet("<=1.1")),
    ]
    assert told[0].names == ("CVE-2026-1001", "GHSA-2222-3333-4444")
    assert told[1].names == ("GHSA-2222-3333-4444",)
    assert told[0].severity == "high"
    assert told[0].address.endswith("/1")
    assert not told[4].address
    _, path, headers, _ = server.seen[0]
    assert path == f"{PATH}?state=open&ecosystem=pip&package=demo&per_page=100"
    assert headers["authorization"] == "Bearer ghp_secretsecret"
    assert headers["x-github-api-version"] == "2022-11-28"


def test_the_exchange_is_as_github_describes_it(tmp_path: Path, server: Server) -> None:
    told = [alert(1, ">= 1.0, < 1.2"), alert(2, "< 2", cve_id=None)]
    server.answers[PATH] = document(told)
    DEPENDABOT.ask(asked(tmp_path, server))
    method, path, _, _ = server.seen[0]
    check(Exchange(method, path.removeprefix("/api/v3"), None, 200, told))


def test_every_page_is_read(tmp_path: Path, server: Server) -> None:
    def page(handler: Handler) -> None:
        last = "after=2" in handler.path
        link = f'<{server.url}{PATH}?after=2>; rel="next", <x>; rel="prev"'
        body = json.dumps([alert(2 if last else 1, "<2")])
        text(200, body, **({} if last else {"Link": link}))(handler)

    server.answers[PATH] = page
    told = DEPENDABOT.ask(asked(tmp_path, server)).alerts
    assert [one.number for one in told] == [1, 2]


def test_pages_without_end_are_an_error(tmp_path: Path, server: Server) -> None:
    server.answers[PATH] = text(200, "[]", Link=f'<{server.url}{PATH}>; rel="next"')
    assert "more than 20 pages" in trouble(asked(tmp_path, server)).message
    assert len(server.seen) == 20


def test_the_token_goes_to_no_other_host(tmp_path: Path, server: Server) -> None:
    with serving() as other:
        server.answers[PATH] = text(200, "[]", Link=f'<{other.url}{PATH}>; rel="next"')
        assert "another host" in trouble(asked(tmp_path, server)).message
        assert not other.seen


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "has it expired"),
        (403, "rate limit"),
        (404, "spelt right"),
        (302, "upstream.api"),
        (422, "upstream.api"),
    ],
)
def test_a_refusal_names_its_mend(tmp_path: Path, server: Server, status: int, hint: str) -> None:
    server.answers[PATH] = text(status, "{}")
    error = trouble(asked(tmp_path, server))
    assert error.message == f"{server.url}{PATH} answers with status {status}"
    assert hint in error.hint


def test_a_rate_limit_is_told_after_a_few_tries(tmp_path: Path, server: Server) -> None:
    server.answers[PATH] = text(429, "", Retry_After="0")
    assert "try again later" in trouble(asked(tmp_path, server)).hint
    assert len(server.seen) == 4


@pytest.mark.parametrize("body", ["{}", "[{}]", "<html>", '[{"number": "1"}]', "[" * 100_000])
def test_an_answer_of_something_else_is_an_error(tmp_path: Path, server: Server, body: str) -> None:
    server.answers[PATH] = text(200, body)
    assert "something else than alerts" in trouble(asked(tmp_path, server)).message


def test_nobody_is_asked_without_repository_or_token(tmp_path: Path, server: Server) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = question(tmp_path / "a", secrets=TOKEN)
    assert not DEPENDABOT.address(one)
    assert "upstream.dependabot" in DEPENDABOT.missing(one)
    one = question(tmp_path / "b", dependabot="o/demo")
    assert not DEPENDABOT.address(one)
    assert DEPENDABOT.missing(one) == "o/demo needs a token in GITHUB_TOKEN or GH_TOKEN"
    one = asked(tmp_path, server, GH_TOKEN="gho_secretsecret")
    assert DEPENDABOT.address(one) == f"{server.url}{PATH}"
    assert not server.seen


def test_a_token_with_a_line_break_is_refused(tmp_path: Path, server: Server) -> None:
    error = trouble(asked(tmp_path, server, GITHUB_TOKEN="secret\nX-Evil: 1"))
    assert "no token" in error.message
    assert not server.seen


def test_the_first_token_counts() -> None:
    assert dependabot.TOKENS == ("GITHUB_TOKEN", "GH_TOKEN")
