"""A server on this machine that speaks the parts of GitHub's REST API that the runner uses.

``issues/list-comments``, ``issues/create-comment``, ``issues/update-comment``,
``issues/list-for-repo``, ``issues/create`` and ``issues/update`` of version 2022-11-28. Every
exchange, what was asked as well as what was answered, is held against GitHub's OpenAPI description
at the end (`support.openapi`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from unit.kinds.servers import Handler, Respond, Server, serving, text

from support.openapi import Exchange, check

REPOSITORY = "octo/forge"
BODY_LIMIT = 65_536
"""Characters; more are answered with 422, ``body is too long (maximum is 65536 characters)``."""
MOMENTS = {"created_at": "2026-11-27T10:00:00Z", "updated_at": "2026-11-27T10:00:00Z"}
Answer = tuple[int, object, dict[str, str]]


@dataclass
class Fault:
    """What the next request of a method meets instead of its answer."""

    method: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    """Whether what was asked for is done nevertheless, and only the answer is lost."""


@dataclass
class GitHubApi:
    """The state of a repository, and its API."""

    server: Server
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    more: dict[str, Respond] = field(default_factory=dict)
    """Other paths, with their answers: the server may be more than an API."""
    page: int = 100
    login: str = "github-actions[bot]"
    """Whose token it is."""
    token: str = "ghs_" + "t" * 36
    exchanges: list[Exchange] = field(default_factory=list)
    """All that was asked and answered."""

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(method, path.partition("?")[0]) for method, path, *_ in self.server.seen]

    def add_comment(self, number: int, body: str, login: str = "") -> dict[str, Any]:
        name = 1000 + len(self.comments)
        url = f"https://github.example/{REPOSITORY}/pull/{number}#issuecomment-{name}"
        made = {
            "id": name,
            "node_id": f"IC_{name}",
            "url": f"{self.server.url}/repos/{REPOSITORY}/issues/comments/{name}",
            "html_url": url,
            "issue_url": f"{self.server.url}/repos/{REPOSITORY}/issues/{number}",
            "body": body,
            "user": user(login or self.login),
            **MOMENTS,
            "author_association": "NONE",
        }
        self.comments[name] = made
        return made

    def add_issue(self, title: str, body: str, **more: object) -> dict[str, Any]:
        number = 1 + len(self.issues)
        url = f"{self.server.url}/repos/{REPOSITORY}/issues/{number}"
        made = {
            "id": 9000 + number,
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "html_url": f"https://github.example/{REPOSITORY}/issues/{number}",
            "user": user(self.login),
            "node_id": f"I_{number}",
            "url": url,
            "repository_url": f"{self.server.url}/repos/{REPOSITORY}",
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "labels": [],
            "assignee": None,
            "milestone": None,
            "comments": 0,
            "locked": False,
            "closed_at": None,
            **MOMENTS,
            **more,
        }
        self.issues[number] = made
        return made

    def answer(self, handler: Handler) -> None:
        method, path, headers, body = self.server.seen[-1]
        if path in self.more:
            self.more[path](handler)
            return
        fault = next((one for one in self.faults if one.method == method), None)
        if fault:
            self.faults.remove(fault)
        status, document, more = 500, refused("Server Error"), {}  # type: tuple[int, object, dict[str, str]]
        if fault is None or fault.done:
            status, document, more = self._routed(method, path, headers, body)
        if fault:
            status, document, more = fault.status, refused("as planned"), fault.headers
        sent = json.loads(body) if body else None
        self.exchanges.append(Exchange(method, path, sent, status, deepcopy(document)))
        text(status, json.dumps(document), Content_Type="application/json", **more)(handler)

    def _routed(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["accept"] == "application/vnd.github+json"
        assert headers["x-github-api-version"] == "2022-11-28"
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, refused("Bad credentials"), {}
        at, _, query = path.partition("?")
        sent = json.loads(body) if body else None
        for verb, pattern, route in self._routes():
            found = re.fullmatch(pattern.replace("REPO", re.escape(f"/repos/{REPOSITORY}")), at)
            if found and verb == method:
                return route(int(found[1]) if found.groups() else 0, query, sent)
        return 404, refused("Not Found"), {}

    def _routes(self) -> list[tuple[str, str, Callable[[int, str, Any], Answer]]]:
        return [
            ("GET", r"REPO/issues/(\d+)/comments", self._list_comments),
            ("POST", r"REPO/issues/(\d+)/comments", self._create_comment),
            ("PATCH", r"REPO/issues/comments/(\d+)", self._update_comment),
            ("GET", r"REPO/issues", self._list_issues),
            ("POST", r"REPO/issues", self._create_issue),
            ("PATCH", r"REPO/issues/(\d+)", self._update_issue),
        ]

    def _paged(self, found: list[dict[str, Any]], path: str, query: str) -> Answer:
        at = int(dict(part.partition("=")[::2] for part in query.split("&")).get("page", "1"))
        here = found[(at - 1) * self.page : at * self.page]
        more = {}
        if at * self.page < len(found):
            rest = re.sub(r"(^|&)page=\d+$", "", query)
            more["Link"] = f'<{self.server.url}{path}?{rest}&page={at + 1}>; rel="next"'
        return 200, here, more

    def _list_comments(self, number: int, query: str, _: object) -> Answer:
        mine = [one for one in self.comments.values() if f"/pull/{number}#" in one["html_url"]]
        return self._paged(mine, f"/repos/{REPOSITORY}/issues/{number}/comments", query)

    def _create_comment(self, number: int, _: str, sent: dict[str, Any]) -> Answer:
        if set(sent) != {"body"} or not sent["body"] or len(sent["body"]) > BODY_LIMIT:
            return 422, refused("Validation Failed"), {}
        return 201, self.add_comment(number, sent["body"]), {}

    def _update_comment(self, name: int, _: str, sent: dict[str, Any]) -> Answer:
        comment = self.comments.get(name)
        if comment is None:
            return 404, refused("Not Found"), {}
        if comment["user"]["login"] != self.login:
            return 403, refused("Resource not accessible by integration"), {}
        if set(sent) != {"body"} or len(sent["body"]) > BODY_LIMIT:
            return 422, refused("Validation Failed"), {}
        comment["body"] = sent["body"]
        return 200, comment, {}

    def _list_issues(self, _: int, query: str, __: object) -> Answer:
        found = [one for one in self.issues.values() if one["state"] == "open"]
        return self._paged(found, f"/repos/{REPOSITORY}/issues", query)

    def _create_issue(self, _: int, __: str, sent: dict[str, Any]) -> Answer:
        if not sent.get("title") or len(sent.get("body", "")) > BODY_LIMIT:
            return 422, refused("Validation Failed"), {}
        return 201, self.add_issue(sent["title"], sent["body"]), {}

    def _update_issue(self, number: int, _: str, sent: dict[str, Any]) -> Answer:
        if sent.get("state", "closed") not in {"open", "closed"}:
            return 422, refused("Validation Failed"), {}
        self.issues[number].update(sent)
        return 200, self.issues[number], {}

    def environment(self, **more: str) -> dict[str, str]:
        """Give what a job of the repository has of it."""
        return {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": self.token,
            **more,
        }


def refused(message: str) -> dict[str, str]:
    return {"message": message, "documentation_url": "https://docs.github.example/rest"}


def user(login: str) -> dict[str, Any]:
    """Give a user, as every document has one."""
    home = f"https://api.github.example/users/{login}"
    lists = (
        "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos",
        "events", "received_events",
    )  # fmt: skip
    return {
        "login": login,
        "id": 1,
        "node_id": "MDM6Qm90MQ==",
        "avatar_url": f"{home}/avatar",
        "gravatar_id": "",
        "url": home,
        "html_url": f"https://github.example/{login}",
        **{f"{name}_url": f"{home}/{name}" for name in lists},
        "type": "Bot",
        "site_admin": False,
    }


class _Any(dict[str, Any]):
    """Answers every path by one function."""

    def __init__(self, answer: Callable[[Handler], None]) -> None:
        super().__init__()
        self._answer = answer

    def get(self, *_: object) -> Any:  # noqa: ANN401 - as dict.get
        return self._answer


@contextmanager
def github_api() -> Iterator[GitHubApi]:
    """Serve the API of one repository."""
    with serving() as server:
        api = GitHubApi(server)
        server.answers = _Any(api.answer)
        yield api
        for exchange in api.exchanges:
            check(exchange)
