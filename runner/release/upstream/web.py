"""Asking a service over HTTPS, with errors that name the upstream and its mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TypeVar
from urllib.parse import urlsplit

from runner.advisories.sources.base import SourceError
from runner.release.upstream.base import UpstreamError

OK = 200
NOT_FOUND = 404
_SECONDS = 60.0
"""For all questions to one service."""
_OFFLINE = "let this machine reach it (HTTPS_PROXY, SSL_CERT_FILE), or name another address under "

T = TypeVar("T")


class Asked:
    """A service that is being asked; each answer comes with its status."""

    def __init__(self, ask: Callable[[str], tuple[int, bytes, str]]) -> None:
        """Keep how to ask."""
        self._ask = ask

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Give status, body and ``Link`` header of an answer; the body is empty but for a 200."""
        return self._ask(path)


def asking(
    base: str,
    env: Mapping[str, str],
    work: Callable[[Asked], T],
    *,
    key: str,
    headers: Mapping[str, str],
) -> T:
    """Ask a service, all within a minute; ``key`` is where the playbook has its address.

    Raises UpstreamError where no answer comes.
    """
    from runner.advisories.sources.web import Client, within  # 100 ms, for this alone

    def once(client: Client) -> Callable[[str], tuple[int, bytes, str]]:
        def ask(path: str) -> tuple[int, bytes, str]:
            answered = client.question(path)
            return answered.status, answered.body, answered.link

        return ask

    try:
        with closing(Client(base, env, headers=headers)) as client:
            return within(_SECONDS, lambda: work(Asked(once(client))), base)
    except SourceError as error:
        raise UpstreamError(error.message, hint=f"{_OFFLINE}'upstream.{key}'") from error


def origin(address: str) -> tuple[str, str]:
    """Split an address into scheme with host, and the rest."""
    parts = urlsplit(address)
    rest = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    return f"{parts.scheme}://{parts.netloc}", rest
