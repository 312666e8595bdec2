"""How a known value may be written: plain, escaped, quoted, or encoded."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Characters; a shorter value would be found everywhere and make noise of the logs."""
_SHORTEST_LINE = 6
"""Characters of a line of a value that is looked for by itself."""
_SHORTEST_CODE = 6
"""Bytes of base64; a shorter piece comes up by chance."""
_WIDTHS = (76, 64)
"""Characters of a line of base64: RFC 2045, section 6.8, and RFC 7468, section 2."""
_LONG = 128
"""Characters; a longer value, as a key, is looked for in one way, and in JSON around that."""
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]+")
"""Characters that JSON, HTML, Python, shells and addresses write as they are."""
_COMPONENT = "!'()*"
"""What ``encodeURIComponent`` of ECMAScript leaves as it is, beside letters, digits and -._~"""


def forms(value: str) -> set[bytes]:
    """Give every form that is looked for, as bytes; the value has at least `SHORTEST` characters.

    Lines of a value are looked for by themselves too, and it all without the white space around
    it, which many programs take away; base64 also inside longer base64, whatever stands before it.
    What a program has written in one way may be quoted by the next in another, and that in a
    third. A value of letters and digits has few forms, one of quotation marks and backslashes a
    thousand.
    """
    values = {value, value.strip()}
    texts = {way(one) for one in values for way in _WAYS}
    texts |= {way(line) for line in _lines(value) for way in _WAYS}
    if len(value) > _LONG:
        texts |= {way(text) for text in texts for way in (_json, _json_ascii)}
    else:
        texts |= {way(text) for text in texts for way in _AROUND}
        texts |= {way(text) for text in texts for way in _AROUND}
    digits = {_bytes(one).hex() for one in values}
    texts |= digits | {one.upper() for one in digits} | {way(one) for one in values for way in _ALL}
    found = {_bytes(text) for text in texts}
    ways = _WAYS if len(value) <= _LONG else _LONG_WAYS
    for text in {way(one) for one in values for way in ways}:
        found.update(_base64(_bytes(text)))
    return {one for one in found if len(one) >= SHORTEST}


def cores_of(value: str) -> set[bytes]:
    """Give what stands unchanged in every form but those in base64 and hexadecimal digits.

    It is the longest run of characters that nothing escapes, of the value and of each line; a
    value without a run of `SHORTEST` characters has none.
    """
    runs = [_PLAIN.findall(one) for one in (value, *_lines(value))]
    longest = (max(one, key=len, default="") for one in runs)
    return {one.encode() for one in longest if len(one) >= SHORTEST}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lines(value: str) -> Iterator[str]:
    """Give the lines that tell something: the marks around a key do not."""
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (n for n in lines if len(n) >= _SHORTEST_LINE and not n.startswith("-----"))


def _json(text: str) -> str:
    """Escape as msgspec and most others do (RFC 8259, section 7)."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def _html(text: str, *, quote: bool = True) -> str:
    from html import escape  # it loads every name of a character, and most runs know no secret

    return escape(text, quote)


def _json_for_html(text: str) -> str:
    """Escape as ``encoding/json`` of Go 1 does."""
    marks = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}
    return re.sub("[&<>]", lambda mark: marks[mark.group()], _json(text))


def _json_slashes(text: str) -> str:
    """Escape as ``json_encode`` of PHP 8 does."""
    return _json_ascii(text).replace("/", "\\/")


def _html_of_go(text: str) -> str:
    return _html(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def _xml(text: str) -> str:
    """Escape as in an attribute of XML, where an apostrophe stays."""
    return _html(text, quote=False).replace('"', "&quot;").replace("\n", "&#10;")


def _quoted(text: str) -> str:
    """Quote as ``shlex.quote`` of Python does."""
    return text.replace("'", "'\"'\"'")


def _percent(text: str) -> str:
    return quote(_bytes(text), safe="")


def _repr(text: str) -> str:
    """Escape as Python does in a text that has both quotation marks."""
    return repr(f"{text}'\"")[1:-4]


def _ascii_escape(text: str) -> str:
    """Escape as pytest does in the names of its cases: quotation marks stay."""
    return text.encode("unicode_escape", "surrogatepass").decode()


_ESCAPES: tuple[Callable[[str], str], ...] = (
    str,
    _json,
    _json_ascii,
    _json_for_html,
    _json_slashes,
    lambda text: ascii(text)[1:-1],
    lambda text: repr(text)[1:-1],
    _ascii_escape,
    lambda text: _html(text, quote=False),
    _html,
    _html_of_go,
    _xml,
    lambda text: _html(text).replace("&#x27;", "&apos;"),
)
"""JSON, Python and HTML, as their writers differ."""

_QUOTINGS: tuple[Callable[[str], str], ...] = (
    _quoted,
    lambda text: text.replace("'", "'\\''"),  # `set -x` of bash
    lambda text: re.sub(r'(["$`\\])', r"\\\1", text),  # double quotes of a shell
    lambda text: re.sub(r"([^\w@%+=:,./-])", r"\\\1", text),  # `printf %q` of bash
    _repr,  # $'…' of bash, too
)
"""As shells quote."""

_PERCENT: tuple[Callable[[str], str], ...] = (
    _percent,
    lambda text: quote(_bytes(text)),
    lambda text: quote(_bytes(text), safe=_COMPONENT),
    lambda text: quote_plus(_bytes(text)),
    lambda text: _lower_hex(quote(_bytes(text), safe="")),
    lambda text: _lower_hex(quote_plus(_bytes(text))),
)
"""RFC 3986, section 2.1, and the forms of HTML."""

_ALL: tuple[Callable[[str], str], ...] = (
    lambda text: _bytes(text).hex("%").join(("%", "")),
    lambda text: _bytes(text).hex("%").upper().join(("%", "")),
    lambda text: _units("\\u", text),
    lambda text: _units("\\u", text).upper().replace("U", "u"),
    lambda text: _units("\\\\u", text),
)
"""Every character as RFC 3986, section 2.1, and RFC 8259, section 7, allow it to be written."""

_WAYS: tuple[Callable[[str], str], ...] = (*_ESCAPES, *_QUOTINGS, *_PERCENT)
_AROUND: tuple[Callable[[str], str], ...] = (
    *(_json, _json_ascii, _json_slashes),
    *(_repr, lambda text: repr(text)[1:-1], lambda text: ascii(text)[1:-1], _ascii_escape),
    *(_html, lambda text: _html(text, quote=False), _html_of_go, _xml),
    *(*_QUOTINGS[:3], *_PERCENT),
)
"""What may stand around something that is escaped already."""
_LONG_WAYS = (str, _json)
"""How a long value may stand in what is then written in base64; a shorter one in every way."""


def _lower_hex(text: str) -> str:
    return re.sub("%..", lambda code: code.group().lower(), text)


def _units(mark: str, text: str) -> str:
    """Write every unit of UTF-16 by its number."""
    units = text.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    return "".join(mark + one for one in units)


def _base64(raw: bytes) -> Iterator[bytes]:
    """Give what is the same in all base64 that holds the bytes, for each of three positions."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + raw)
        # RFC 4648, section 4: of the characters at both ends, some bits belong to the neighbours.
        whole = code[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6]
        for one in (whole, code.rstrip(b"=") if not before else whole):
            if len(one) >= _SHORTEST_CODE:
                yield one
                yield one.translate(bytes.maketrans(b"+/", b"-_"))
    code = base64.b64encode(raw)
    for width in _WIDTHS:
        if len(code) > width:
            lines = (code[at : at + width] for at in range(0, len(code), width))
            yield from (line for line in lines if len(line) >= _SHORTEST_CODE)
