"""Carrying out a request: its thread, its redirects and its limits.

The request runs in a thread of its own, so that a server that hangs cannot hold up a stop.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from runner.kinds.http.connection import connect
from runner.kinds.http.hiding import safe_url
from runner.kinds.http.messages import Answer, NoAnswerError, Request, check_url
from runner.kinds.http.trouble import no_answer, too_slow
from runner.kinds.verdicts import Verdict, errored, failed

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a body that are read, compressed and decompressed alike."""

_CHUNK = 64 * 1024
_POLL = 0.05
_REDIRECTS = {301, 302, 303, 307, 308}
_EITHER_FORMAT = 32 + zlib.MAX_WBITS  # gzip or zlib, by its header


def exchange(request: Request, asked_to_stop: Callable[[], bool]) -> Answer:
    """Send a request and give its answer; raise NoAnswerError where none can be judged.

    It returns within a twentieth of a second of being asked to stop, and of its timeout.
    """
    worker = _Worker(request)
    threading.Thread(target=worker.work, name="http", daemon=True).start()
    deadline = time.monotonic() + request.timeout
    while not worker.done.wait(_POLL):
        if asked_to_stop() or time.monotonic() > deadline:
            worker.cancelled.set()
            raise too_slow(request)
    if worker.error is not None:
        raise worker.error
    if worker.answer is None:  # pragma: no cover - work() sets one of the two
        raise AssertionError
    return worker.answer


class _Worker:
    """Follows a request to its answer, in a thread."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self.done = threading.Event()
        self.cancelled = threading.Event()
        self._hops: list[str] = []
        self._begun = time.monotonic()

    def work(self) -> None:
        """Set the answer or the error, then the event."""
        try:
            while self.answer is None:
                self._step()
        except NoAnswerError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            self.error = self._explained(error)
        finally:
            self.done.set()

    def _explained(self, error: Exception) -> Exception:
        try:
            return no_answer(error, self.request)
        except Exception as defect:  # noqa: BLE001 - raised again where it is waited for
            return defect

    def _step(self) -> None:
        """Send one request; take its answer, or make the next request of a redirect."""
        request = self.request
        with connect(request) as pool:
            response = pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=dict(request.headers),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                target = _target(request, response)
                if target is None:
                    self.answer = self._answer(response)
                    return
                self._follow(response.status, target)
            finally:
                response.close()

    def _follow(self, status: int, target: str) -> None:
        check_url(target)
        where = safe_url(target)
        self._hops.append(f"{status} {where}")
        if len(self._hops) > self.request.redirects:
            reason = f"more than {self.request.redirects} redirects, the last to {where}"
            raise NoAnswerError(failed(reason, "'redirects' sets another limit"))
        if self.request.url.startswith("https:") and not target.startswith("https:"):
            reason = f"{safe_url(self.request.url)} redirects from https to {where}"
            raise NoAnswerError(failed(reason, "a step down to plain HTTP is not followed"))
        self.request = self.request.redirected(status, target)

    def _answer(self, response: BaseHTTPResponse) -> Answer:
        body = self._body(response)
        return Answer(
            url=self.request.url,
            status=response.status,
            phrase=response.reason or "",
            headers=tuple(response.headers.items()),
            body=_decompressed(body, response.headers.get("Content-Encoding", "")),
            duration=time.monotonic() - self._begun,
            hops=tuple(self._hops),
        )

    def _body(self, response: BaseHTTPResponse) -> bytes:
        body = bytearray()
        while not self.cancelled.is_set():
            chunk = response.read1(_CHUNK, decode_content=False)
            if not chunk:
                break
            body += chunk
            if len(body) > BODY_LIMIT:
                raise NoAnswerError(_too_large(""))
        return bytes(body)


def _target(request: Request, response: BaseHTTPResponse) -> str | None:
    location = response.headers.get("Location")
    if not request.redirects or response.status not in _REDIRECTS or not location:
        return None
    try:
        return urljoin(request.url, location)
    except ValueError:
        return location  # check_url says what is wrong with it


def _decompressed(body: bytes, encoding: str) -> bytes:
    """Undo a compression that was not asked for, with bounded memory."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"} or not body:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        reason = f"the answer is compressed by {encoding!r}, which was not asked for"
        raise NoAnswerError(errored(reason))
    unpacker = zlib.decompressobj(_EITHER_FORMAT)
    try:
        content = unpacker.decompress(body, BODY_LIMIT + 1)
    except zlib.error as error:
        raise NoAnswerError(failed(f"the answer is not the {encoding} that it says")) from error
    if len(content) > BODY_LIMIT:
        raise NoAnswerError(_too_large(", decompressed,"))
    if not unpacker.eof:
        raise NoAnswerError(failed(f"the {encoding} of the answer is cut short"))
    return content


def _too_large(how: str) -> Verdict:
    size = f"{BODY_LIMIT // 2**20} MiB"
    reason = f"the answer's body{how} is larger than {size}, so nothing can be said of its whole"
    return errored(reason, "ask for less: a page, a range, another path")
