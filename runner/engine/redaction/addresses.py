"""Passwords in addresses: ``user:password@`` (RFC 3986, section 3.2.1)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from runner.engine.redaction.rules import Found, compiled

NAME = "password"
"""What the redacted place says."""
LIMIT = 1024
"""Bytes between the scheme and the ``@`` at most."""

_AUTHORITY = rb"[^\s/\"'<>\\`]"
_USERINFO = (
    rb"(?:[^\s/\"'<>\\`:@]{0,256}:(" + _AUTHORITY + rb"{1,700})"
    rb"|([A-Za-z0-9_~.\-]{20,256}))@"
)
"""A password, or a user that is as long as a token; the last ``@`` counts, as in most drivers."""


def maybe_in(data: bytes) -> bool:
    """Say whether an address with a password may stand there; False is certain."""
    return b"@" in data and b"://" in data


def passwords(data: bytes) -> Iterator[tuple[int, int]]:
    """Give start and stop of each."""
    if maybe_in(data):
        for found in compiled(b"://" + _USERINFO).finditer(data):
            yield found.span(found.lastindex or 0)


def held_back(data: bytes) -> int:
    """Count the bytes at the end that may be the beginning of an address with a password."""
    end = data[-LIMIT:]
    at = end.rfind(b"://")
    if at >= 0:
        rest = compiled(_AUTHORITY + b"*").match(end, at + 3)
        if rest and rest.end() == len(end):
            return len(end) - at
    return 2 if end.endswith(b":/") else int(end.endswith(b":"))


_CODED = rb"(?:[\w.~+!*'()\-]|%(?!2[Ff]|3[Aa]|40)[0-9A-Fa-f]{2}){0,700}"
"""Percent-encoded characters other than ``/``, ``:`` and ``@``."""
_ESCAPES = rb"[^\s/\"'<>\\`:@]{0,256}"


class EncodedAddress(msgspec.Struct, frozen=True):
    """An address that is itself percent-encoded, or whose slashes JSON has escaped."""

    anchors: tuple[bytes, ...]
    """How ``://`` is written."""
    user: bytes
    """A pattern of the user and the mark behind it."""
    password: bytes
    """A pattern whose group is the password, with the mark behind it."""
    run: bytes
    """A pattern of everything up to the end of the authority."""
    source: str
    """As `Rule.source`."""
    name: str = NAME
    """As `Rule.name`."""

    def look(self, data: bytes, _start: int, stop: int) -> Found:
        """Look for a password behind the anchor."""
        run = compiled(self.run).match(data, stop, stop + LIMIT)
        unsure = run is not None and run.end() == len(data) and run.end() < stop + LIMIT
        found = compiled(self.user + self.password).match(data, stop, stop + LIMIT)
        return Found(*found.span(1), unsure) if found else Found(unsure=unsure)


ENCODED_ADDRESSES = (
    EncodedAddress(
        (b":\\/\\/",),
        _ESCAPES + b":",
        b"(" + _AUTHORITY + b"{1,700})@",
        _AUTHORITY + b"*",
        "RFC 8259, section 7: a slash may be escaped",
    ),
    EncodedAddress(
        (b"%3A%2F%2F", b"%3a%2f%2f"),
        _CODED + b"(?:%3[Aa]|:)",
        b"(" + _CODED + b")(?:%40|@)",
        rb"[\w.~+!*'()%:@\-]*",
        "RFC 3986, section 2.1",
    ),
)
"""The rules for both."""
