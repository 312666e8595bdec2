"""Asking a service over HTTPS, for sources: bounded in size and time, and with few retries.

Redirects are not followed, so that no other host is ever asked. Proxies are those of the
environment (``https_proxy``, ``all_proxy``, ``no_proxy``), certificates those of ``SSL_CERT_FILE``
and ``SSL_CERT_DIR`` or the system's.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.util import make_headers

from runner.advisories.sources.base import SourceError
from runner.advisories.sources.live import is_local
from runner.advisories.sources.web_errors import Answered, explained, refusal, unusable

_RECORD = 16 << 20
"""Bytes of one answer."""
_TOTAL = 256 << 20
"""Bytes of all answers of a client."""
_CHUNK = 64 << 10
"""Bytes read at once."""
_TRIES = 4
"""How often a question is put to a busy service."""
BUSY = frozenset({429, 500, 502, 503, 504})
"""What another try may mend (RFC 6585 section 4, RFC 9110 section 15.6)."""
_LONGEST = 10.0
"""Seconds of a pause, whatever ``Retry-After`` asks for."""
_SILENCE = urllib3.Timeout(connect=10, read=30)
"""Seconds to connect, and for which a server may say nothing."""
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what is packed could be endless when unpacked
    "User-Agent": "upgrade-runner",
}
_POSTED = {"Content-Type": "application/json"}
_OK = 200
_WHOLE = frozenset({_OK, 201})
"""Answers whose body is read: found, and created (RFC 9110 section 15.3)."""

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], where: str) -> T:
    """Work in a thread, which is left behind where it takes too long; then raise SourceError.

    A server that sends a byte now and then keeps every time limit of a socket.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="web", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        raise SourceError(
            f"{where} was not done with all questions within {seconds:g} seconds",
            hint="try again later, or use the source 'osv', which needs no network",
        ) from None


class Client:
    """Asks one service; whoever makes it closes it."""

    def __init__(
        self,
        base: str,
        env: Mapping[str, str],
        pause: float = 0.5,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep the address, checked before; ``pause`` is the first one before a retry, in seconds.

        The headers go over the usual ones; whoever gives a secret among them has checked that it
        can be one. Raises SourceError for a proxy or certificates that cannot be used.
        """
        self._base = base
        self._headers = {**_HEADERS, **headers}
        self._pause = pause
        self._over = threading.Event()
        self._left = _TOTAL
        try:
            self._pool = _pool(base, env)
        except (urllib3.exceptions.HTTPError, ValueError):
            # The cause is not told, for it may hold the user of the proxy.
            raise SourceError(
                f"the proxy for {base} cannot be used",
                hint="HTTPS_PROXY and ALL_PROXY have the form http://host:port",
            ) from None

    def close(self) -> None:
        """Close the connections, and let no thread that was left behind go on."""
        self._over.set()
        self._pool.clear()

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """Send a GET, or a POST where there is a body (JSON), and give the body of the answer.

        Raises RefusedError where the service says that it will not (4xx), else SourceError.
        """
        answered = self.question(path, body)
        if answered.status != _OK:
            raise refusal(answered, self._base + path)
        return answered.body

    def once(self, method: str, path: str, body: bytes | None = None) -> Answered:
        """Ask a single time, as a busy service may have done what it was asked for all the same.

        Raises SourceError where no answer comes.
        """
        return self._try(path, body, method)

    def question(self, path: str, body: bytes | None = None) -> Answered:
        """Ask, and give the answer whatever its status is; raises SourceError where none comes."""
        answered = self._try(path, body)
        for number in range(_TRIES - 1):
            if answered.status not in BUSY:
                break
            self._rest(answered, number)
            answered = self._try(path, body)
        return answered

    def _rest(self, answered: Answered, number: int) -> None:
        wanted = answered.retry_after
        pause = self._pause * 2**number if wanted is None else wanted
        self._over.wait(min(pause, _LONGEST))

    def _try(self, path: str, body: bytes | None, method: str = "") -> Answered:
        url = self._base + path
        try:
            response = self._pool.request(
                method or ("GET" if body is None else "POST"),
                url,
                body=body,
                headers=self._headers if body is None else self._headers | _POSTED,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                content = self._read(response, url) if response.status in _WHOLE else b""
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise explained(error, url) from error
        told = response.headers
        return Answered(response.status, told.get("Retry-After", ""), content, told.get("Link", ""))

    def _read(self, response: urllib3.BaseHTTPResponse, url: str) -> bytes:
        """Read a body whole; raises SourceError where it is too large, or packed."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise unusable(url, "it is compressed, which was not asked for")
        body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=False):
            body += chunk
            self._left -= len(chunk)
            if len(body) > _RECORD or self._left < 0 or self._over.is_set():
                raise unusable(url, "it is larger than any that is right")
        return bytes(body)


def _pool(base: str, env: Mapping[str, str]) -> urllib3.PoolManager:
    trust = _trust(env) if base.startswith("https:") else None
    proxy = proxy_for(base, env)
    if not proxy:
        return urllib3.PoolManager(timeout=_SILENCE, ssl_context=trust)
    parts = urlsplit(proxy)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = make_headers(proxy_basic_auth=user)
    return urllib3.ProxyManager(plain, timeout=_SILENCE, ssl_context=trust, proxy_headers=headers)


def _trust(env: Mapping[str, str]) -> ssl.SSLContext:
    bundle, folder = env.get("SSL_CERT_FILE") or None, env.get("SSL_CERT_DIR") or None
    try:
        return ssl.create_default_context(cafile=bundle, capath=folder)
    except OSError as error:  # an ssl.SSLError is one
        why = error.strerror or "it holds no certificate"
        raise SourceError(
            f"the certificates of SSL_CERT_FILE cannot be used: {why}",
            hint="it names a file of PEM text",
        ) from error


def proxy_for(url: str, env: Mapping[str, str]) -> str:
    """Give the proxy that the environment names for an address, or an empty text.

    This machine itself is never reached through one.
    """
    # Small letters win over capitals, as in curl.
    ordered = sorted(env.items(), key=lambda one: one[0].islower())
    proxies = {
        name.lower().removesuffix("_proxy"): value
        for name, value in ordered
        if name.lower().endswith("_proxy") and value
    }
    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme) or proxies.get("all", "")
    host, exempt = parts.hostname or "", proxies.get("no", "")
    if not proxy or is_local(host) or _is_exempt(host, parts.port, exempt):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_exempt(host: str, port: int | None, exempt: str) -> bool:
    for word in exempt.lower().split(","):
        name, _, wanted = word.strip().removeprefix(".").partition(":")
        fits = name in {"*", host} or (name and host.endswith(f".{name}"))
        if fits and wanted in {"", str(port)}:
            return True
    return False
