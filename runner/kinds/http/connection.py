"""Where a request goes through: proxies, and the certificates that are trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from runner.kinds.http.messages import NoAnswerError, Request, without_user
from runner.kinds.verdicts import errored

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import PoolManager


def connect(request: Request) -> PoolManager:
    """Make the pool that the request goes through; the caller closes it."""
    from urllib3 import PoolManager, ProxyManager, Timeout  # 100 ms, HTTP only
    from urllib3.util import make_headers  # the same

    timeout = Timeout(connect=request.timeout, read=request.timeout)
    trust = _trust(request.ca_file) if request.url.startswith("https:") else None
    proxy = proxy_for(request.url, request.env)
    if not proxy:
        return PoolManager(timeout=timeout, ssl_context=trust)
    parts = urlsplit(proxy)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
    return ProxyManager(
        without_user(proxy),
        timeout=timeout,
        ssl_context=trust,
        proxy_headers=make_headers(proxy_basic_auth=user),
    )


def _trust(ca_file: Path | None) -> SSLContext:
    from ssl import create_default_context  # only for https

    try:
        return create_default_context(cafile=ca_file)
    except OSError as error:  # an ssl.SSLError is one
        why = error.strerror or "it holds no certificate"
        verdict = errored(f"ca_file {ca_file} cannot be used: {why}", "it is a file of PEM text")
        raise NoAnswerError(verdict, final=True) from error


def proxy_for(url: str, env: Mapping[str, str]) -> str:
    """Give the proxy that the environment names for an address, or an empty text.

    The variables are those of curl: ``http_proxy``, ``https_proxy``, ``all_proxy``, ``no_proxy``,
    in small letters or capitals. This machine itself is never reached through a proxy.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = _variable(env, f"{parts.scheme}_proxy") or _variable(env, "all_proxy")
    if not proxy or _is_loopback(host):
        return ""
    if _is_exempt(host, parts.port, _variable(env, "no_proxy")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper(), "")


def _is_exempt(host: str, port: int | None, exempt: str) -> bool:
    for word in exempt.split(","):
        name, _, wanted = word.strip().lower().removeprefix(".").partition(":")
        if name == "*":
            return True
        if name and wanted in {"", str(port)} and (host == name or host.endswith(f".{name}")):
            return True
    return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
