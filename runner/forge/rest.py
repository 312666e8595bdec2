"""GitHub's REST API, version 2022-11-28: as much of it as comments and issues need.

Formats are as its documentation names them, and the tests hold every exchange against its OpenAPI
description (github/rest-api-description). Whatever goes wrong is an error with a mend; what the API
says of a token is told apart from what it says of a rate limit ("Best practices for using the REST
API", "Handle rate limit errors appropriately").
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from runner.advisories.sources.base import SourceError
from runner.advisories.sources.web import BUSY, Client, within
from runner.advisories.sources.web_errors import Answered
from runner.errors import RunnerError, UsageError

TOKENS: Final = ("GITHUB_TOKEN", "GH_TOKEN")
"""Variables that may hold the token; the first that is set counts."""
API: Final = "https://api.github.com"
"""Where GitHub's own API is; an enterprise server names its own in ``GITHUB_API_URL``."""
_SECONDS: Final = 180.0
"""For everything that one command asks."""
_TRIES: Final = 4
"""How often what a busy service did not do is tried."""
_LONGEST: Final = 60.0
"""Seconds of a pause, whatever ``Retry-After`` asks for: GitHub's secondary limit says 60."""
_MOST_PAGES: Final = 20
"""Of 100 entries each, in which ours is looked for."""
_NEXT: Final = re.compile(r'<([^>]{1,2000})>\s*;\s*rel="next"')
_TOKEN: Final = re.compile(r"[!-~]{1,4096}")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_FORBIDDEN: Final = 403
_FINE: Final = frozenset({200, 201})
_HINTS: Final = {
    401: "the token is not accepted: has it expired?",
    403: "the token may only read: give the job `permissions: pull-requests: write` (or `issues: "
    "write`). A pull request from a fork gets no more than a token that reads",
    404: "there is no such repository, pull request or issue, or the token cannot see it",
    410: "issues are turned off in this repository, or this one was removed",
    422: "the API refuses the text, or takes this for spam",
    429: "the rate limit is used up: try again later",
}

T = TypeVar("T")


class ForgeError(RunnerError):
    """GitHub did not do what it was asked for."""


class RefusedError(ForgeError):
    """GitHub has answered, and will not: another try brings the same."""

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        """Keep the status: who may not change one comment may be free to add another."""
        super().__init__(message, hint=hint)
        self.status = status


class _BusyError(Exception):
    """Another try may mend it."""

    def __init__(self, why: ForgeError, wait: float | None) -> None:
        super().__init__(why.message)
        self.why = why
        self.wait = wait


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, and the right to change it."""

    name: str
    """``owner/repository``."""
    token: str = field(repr=False)
    """Goes into a header of each request, and nowhere else."""
    env: Mapping[str, str] = field(repr=False)
    """For proxies and certificates."""
    api: str = API
    """The API's address."""
    pause: float = 1.0
    """Seconds before the second try, where the service names none; twice that before the third."""
    sleep: Callable[[float], None] = time.sleep
    """Waits."""

    def work(self, job: Callable[[Session], T]) -> T:
        """Do a job of several requests, and all of it again where the service was busy.

        The job looks first for what it is to make, so that a request that was carried out although
        its answer got lost is not carried out twice. Raises ForgeError.
        """
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {self.token}",
        }
        try:
            with closing(Client(self.api, self.env, headers=headers)) as client:
                return within(_SECONDS, lambda: self._tried(job, Session(self, client)), self.api)
        except SourceError as error:
            hint = "let this machine reach it (HTTPS_PROXY, SSL_CERT_FILE); GITHUB_API_URL names it"
            raise ForgeError(error.message, hint=hint) from error

    def _tried(self, job: Callable[[Session], T], session: Session) -> T:
        for number in range(_TRIES - 1):
            try:
                return job(session)
            except _BusyError as busy:
                wait = self.pause * 2**number if busy.wait is None else busy.wait
                self.sleep(min(wait, _LONGEST))
        try:
            return job(session)
        except _BusyError as busy:
            raise busy.why from None


@dataclass(frozen=True)
class Session:
    """Requests to one repository."""

    repository: Repository
    """Which."""
    client: Client
    """How it is asked."""

    def pages(self, path: str, of: type[T]) -> Iterator[T]:
        """Give the entries of a list, page by page; raises ForgeError."""
        at = f"/repos/{self.repository.name}{path}"
        for _ in range(_MOST_PAGES):
            answered = self._ask("GET", at)
            yield from _decoded(answered, list[of])  # type: ignore[valid-type]
            found = _NEXT.search(answered.link)
            if found is None:
                return
            if not found[1].startswith(f"{self.repository.api}/"):
                raise ForgeError(
                    f"{self.repository.api}{at} continues on another host, which gets no token",
                    hint="name the address that the API gives itself in GITHUB_API_URL",
                )
            at = found[1].removeprefix(self.repository.api)

    def send(self, method: str, path: str, document: Mapping[str, object], answer: type[T]) -> T:
        """Make or change something, and give what it is now; raises ForgeError."""
        at = f"/repos/{self.repository.name}{path}"
        decoded: T = _decoded(self._ask(method, at, msgspec.json.encode(document)), answer)
        return decoded

    def _ask(self, method: str, at: str, body: bytes | None = None) -> Answered:
        answered = self.client.once(method, at, body)
        if answered.status in _FINE:
            return answered
        message = f"{method} {self.repository.api}{at} answers with status {answered.status}"
        limited = answered.status == _FORBIDDEN and answered.retry
        if answered.status in BUSY or limited:
            hint = _HINTS.get(429 if limited else answered.status, "try again later")
            raise _BusyError(ForgeError(message, hint=hint), answered.retry_after)
        hint = _HINTS.get(answered.status, "is GITHUB_API_URL the address of GitHub's REST API?")
        raise RefusedError(answered.status, message, hint=hint)


def _decoded(answered: Answered, kind: Any) -> Any:  # noqa: ANN401 - the type that it is given
    try:
        return msgspec.json.decode(answered.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ForgeError(
            f"the API answers with something else: {error}",
            hint="is GITHUB_API_URL the address of GitHub's REST API?",
        ) from error


def repository_of(environ: Mapping[str, str], name: str = "") -> Repository:
    """Give the repository that a job on GitHub runs for, or the one named; raises UsageError."""
    name = name or environ.get("GITHUB_REPOSITORY", "")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no repository" if name else "no repository is named",
            hint="name it with --repository OWNER/NAME, or in GITHUB_REPOSITORY",
        )
    token = next((environ[one] for one in TOKENS if environ.get(one)), "")
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            f"{' or '.join(TOKENS)} holds {'something that is no token' if token else 'nothing'}",
            hint="in a job on GitHub: env: {GITHUB_TOKEN: ${{ github.token }}}",
        )
    api = environ.get("GITHUB_API_URL") or API
    if not re.fullmatch(r"https?://[!-~]{1,500}", api):
        raise UsageError("GITHUB_API_URL is no address", hint=f"as {API}")
    return Repository(name, token, environ, api.rstrip("/"))
