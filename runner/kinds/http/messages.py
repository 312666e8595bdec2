"""A request and its answer, as values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from runner.kinds.http.hiding import is_sensitive, safe_url
from runner.kinds.verdicts import Verdict, errored

_PORTS = {"http": 80, "https": 443}
_KEEPS_METHOD = {307, 308}
_OURS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "upgrade-runner"}


class NoAnswerError(Exception):
    """A request that got no answer to be judged."""

    def __init__(self, verdict: Verdict, *, final: bool = False) -> None:
        """Keep the verdict; ``final`` where another try cannot end otherwise."""
        super().__init__(verdict.reason)
        self.verdict = verdict
        self.final = final


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    """In capitals."""
    url: str
    """With http or https, without user and password."""
    headers: Mapping[str, str]
    """As sent, but for what the connection adds."""
    body: bytes | None = None
    """None sends no body."""
    redirects: int = 0
    """How many redirects are followed; at 0 a redirect is the answer."""
    timeout: float = 10.0
    """Seconds, redirects and body included."""
    ca_file: Path | None = None
    """Certificates trusted in place of the system's."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up."""

    def redirected(self, status: int, url: str) -> Request:
        """Make the next request; no credential goes to another origin (RFC 9110, 15.4)."""
        headers = dict(self.headers)
        if origin(url) != origin(self.url):
            headers = {
                name: value
                for name, value in headers.items()
                if not is_sensitive(name) and name.lower() != "host"
            }
        url = without_user(url)
        if status in _KEEPS_METHOD or self.method in {"GET", "HEAD"}:
            return replace(self, url=url, headers=headers)
        headers = {n: v for n, v in headers.items() if not n.lower().startswith("content-")}
        return replace(self, url=url, headers=headers, method="GET", body=None)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    url: str
    """Of the last redirect."""
    status: int
    """The status code."""
    phrase: str
    """The reason phrase."""
    headers: tuple[tuple[str, str], ...]
    """In order; a name may stand several times."""
    body: bytes
    """Decompressed, at most 8 MiB."""
    duration: float
    """Seconds, redirects and body included."""
    hops: tuple[str, ...] = ()
    """Status and target of each redirect that was followed."""

    @property
    def charset(self) -> str:
        """The charset that the answer names, or an empty text."""
        from email.message import Message  # only where there is an answer

        message = Message()
        message["Content-Type"] = self.header("Content-Type") or ""
        return str(message.get_param("charset") or "")

    @property
    def text(self) -> str:
        """The body, decoded."""
        return decoded(self.body, self.charset)

    def header(self, name: str) -> str | None:
        """Give a header's values, joined by commas; None where it is not there."""
        values = [value for known, value in self.headers if known.lower() == name.lower()]
        return ", ".join(values) if values else None


def origin(url: str) -> tuple[str, str, int]:
    """Give scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def without_user(url: str) -> str:
    """Give the address without user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def check_url(url: str) -> SplitResult:
    """Take an address apart; raise NoAnswerError where it is none of http or https."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in _PORTS and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid or any(c.isspace() or not c.isprintable() for c in url):
        hint = "it has the form http://host:port/path or https://host/path"
        verdict = errored(f"{safe_url(url)!r} is not an address of HTTP", hint)
        raise NoAnswerError(verdict, final=True)
    return parts


def first_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    defaults: Mapping[str, str],
) -> Request:
    """Make the request that a playbook asks for; a user in its address becomes a header."""
    parts = check_url(url)
    merged = {**_OURS, **defaults}
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        merged["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
    given = {name.lower() for name in headers}
    merged = {name: value for name, value in merged.items() if name.lower() not in given}
    return Request(method, without_user(url), {**merged, **headers}, body)


def decoded(body: bytes, charset: str) -> str:
    """Decode a body; what does not fit the charset becomes U+FFFD."""
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return body.decode(errors="replace")
