"""What it means that a service gave no answer that can be used: the cause, and the mend."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from urllib3 import exceptions as known

from runner.advisories.sources.base import SourceError
from runner.advisories.tools import harmless

_OFFLINE = "is this machine offline, or a proxy needed (HTTPS_PROXY)? The source 'osv' needs none"
_LATER = "try again later, or use the source 'osv', which needs no network"
_ADDRESS = "is the address that of an OSV service, and nothing in between?"
_CLIENT_ERRORS = range(400, 500)
_REDIRECTS = range(300, 400)
_CAUSE = 200
"""Characters of a cause that are shown."""


class RefusedError(SourceError):
    """The service has answered, and will not (RFC 9110 section 15.5): there is no such record."""


@dataclass(frozen=True)
class Answered:
    """What a service has answered."""

    status: int
    """The status code."""
    retry: str
    """Its header ``Retry-After``, or an empty text."""
    body: bytes
    """Whole for a 200 and a 201, else empty."""
    link: str = ""
    """Its header ``Link`` (RFC 8288), or an empty text."""

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait; None where nothing is said, or a date (RFC 9110 section 10.2.3)."""
        text = self.retry.strip()
        return float(text) if text.isdecimal() and text.isascii() else None


def refusal(answered: Answered, url: str) -> SourceError:
    """Explain a status other than 200."""
    message = f"{url} answers with status {answered.status}"
    if answered.status in _REDIRECTS:
        return SourceError(f"{message}, a redirect", hint=_ADDRESS)
    if answered.status in _CLIENT_ERRORS and answered.status not in {401, 403, 407, 429}:
        return RefusedError(message, hint=_ADDRESS)
    return SourceError(message, hint=_LATER)


def unusable(url: str, reason: str) -> SourceError:
    """Explain an answer that cannot be used."""
    return SourceError(f"the answer of {url} cannot be used: {reason}", hint=_ADDRESS)


def explained(error: Exception, url: str) -> SourceError:
    """Explain why there is no answer, or not the whole of it."""
    via = ""
    if isinstance(error, known.ProxyError):
        error, via = error.original_error, ", through a proxy"
    if isinstance(error, known.NameResolutionError):
        return SourceError(f"the host of {url} cannot be found{via}", hint=_OFFLINE)
    if isinstance(error, known.SSLError | ssl.SSLError):
        message = f"no trusted connection to {url}{via}: {_cause(error)}"
        return SourceError(message, hint="SSL_CERT_FILE names the certificates to trust")
    # Some versions of urllib3 make a NewConnectionError a TimeoutError.
    silent = isinstance(error, known.TimeoutError)
    if silent and not isinstance(error, known.NewConnectionError):
        return SourceError(f"no answer from {url}{via} in time", hint=_LATER)
    broken = "no whole answer" if isinstance(error, known.ProtocolError) else "no answer"
    return SourceError(f"{broken} from {url}{via}: {_cause(error)}", hint=_OFFLINE)


def _cause(error: Exception) -> str:
    """Give the system's words for the error, or its last ones."""
    for cause in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, OSError) and cause.strerror:
            return harmless(cause.strerror.lower())[:_CAUSE]
    inner = error.args[-1] if error.args else error
    return harmless(str(inner))[:_CAUSE] or type(inner).__name__
