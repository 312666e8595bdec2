"""When a service counts as ready."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from runner.engine.output import Nowhere
from runner.engine.ports import is_open
from runner.engine.process import run
from runner.engine.session import Session
from runner.model import Ready, Service

_ANSWER = 5.0
"""Seconds to wait for one answer or one run of the readiness command."""
_GOOD = 400
"""Statuses below this are an answer (RFC 9110, section 15: no error)."""


def probe(session: Session, service: Service, log: Path) -> Callable[[], bool]:
    """Give the question whether a service is ready."""
    ready = service.ready
    if ready.url:
        return lambda: _answers(ready.url)
    if ready.port:
        return lambda: is_open(("127.0.0.1", ready.port))
    if ready.log:
        return _LogSearch(re.compile(ready.log.encode(), re.MULTILINE), log)
    if ready.command:
        return lambda: _succeeds(session, service)
    return lambda: True


def describe(ready: Ready) -> str:
    """Say what is waited for, in words that `no` may stand before."""
    if ready.url:
        return f"answer from {ready.url}"
    if ready.port:
        return f"port {ready.port}"
    if ready.log:
        return f"'{ready.log}' in its log"
    return f"success of `{' '.join(ready.command)}`"


def _answers(url: str) -> bool:
    import urllib3

    try:
        response = urllib3.request("GET", url, retries=False, timeout=_ANSWER, redirect=False)
    except urllib3.exceptions.HTTPError:
        return False
    return int(response.status) < _GOOD


def _succeeds(session: Session, service: Service) -> bool:
    request = session.request(
        service.ready.command,
        session.repository / service.cwd,
        session.env(service.env, service.secrets),
        _ANSWER,
    )
    return run(request, session.forest, Nowhere(), session.stops.gently).execution.exit_code == 0


class _LogSearch:
    """Looks for a pattern in a growing log, each time from where it left off."""

    def __init__(self, pattern: re.Pattern[bytes], log: Path) -> None:
        self._pattern = pattern
        self._log = log
        self._offset = 0

    def __call__(self) -> bool:
        with self._log.open("rb") as stream:
            stream.seek(self._offset)
            text = stream.read()
        self._offset += text.rfind(b"\n") + 1
        return bool(self._pattern.search(text))
