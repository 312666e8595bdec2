"""What no message and no evidence may show: credentials in addresses and headers."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from runner.kinds.wording import printable

HIDDEN = "[redacted]"
"""What stands in place of a credential."""

_SENSITIVE = re.compile(
    r"authori[sz]ation|(?:^|-)auth(?:-|$)|cookie|token|secret|passw|credential|signature|api[-_]?key|^x-.*-key$|^sig$",
    re.IGNORECASE,
)


def is_sensitive(name: str) -> bool:
    """Say whether a header or query parameter of this name carries a credential."""
    return _SENSITIVE.search(name) is not None


def safe_url(url: str) -> str:
    """Give the address without user, password and the values of sensitive parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return printable(re.sub(r"//[^/]*@", "//", url))
    host = parts.netloc.rpartition("@")[2]
    return printable(parts._replace(netloc=host, query=_safe_query(parts)).geturl())


def _safe_query(parts: SplitResult) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not any(is_sensitive(name) for name, _ in pairs):
        return parts.query
    return "&".join(
        f"{quote(name)}={HIDDEN if is_sensitive(name) else quote(value)}" for name, value in pairs
    )


def safe_value(name: str, value: str) -> str:
    """Give the value of a header, or what stands in place of a credential."""
    if is_sensitive(name):
        return HIDDEN
    if name.lower() in {"location", "referer", "content-location"}:
        return safe_url(value)
    return printable(value)
