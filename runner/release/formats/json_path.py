"""``json_path``: a string in JSON (RFC 8259)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]

from runner.model import Pin
from runner.release.formats.paths import Part, Where, parts_of
from runner.release.spots import Format, PinError, Spot, line_of

_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_DECODER = json.JSONDecoder()


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the string at the path, quotes left out.

    Raises PinError for what is no JSON, and for a value that is no string without escapes.
    """
    check(text, pin)
    return tuple(_spot(text, at, pin) for at in _walk(text, _skip(text, 0), parts_of(pin)))


def check(text: str, pin: Pin) -> None:
    """Raise PinError for what is no JSON."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise PinError(
            f"{pin.file}:{error.lineno}: no JSON: {error.msg}", hint="mend the file"
        ) from error
    except RecursionError as error:
        raise PinError(f"{pin.file}: no JSON: too deep", hint="mend the file") from error


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _walk(text: str, at: int, parts: tuple[Part, ...]) -> Iterator[int]:
    """Give where each value at the path begins; the text is known to be JSON."""
    if not parts:
        yield at
        return
    for place, value in _children(text, at):
        part = parts[0]
        if place == part or (isinstance(part, Where) and _has(text, value, part)):
            yield from _walk(text, value, parts[1:])


def _has(text: str, at: int, where: Where) -> bool:
    for place, value in _children(text, at):
        if place == where.key:
            found, _ = _DECODER.raw_decode(text, value)
            return str(found) == where.value
    return False


def _children(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """Give each key or index of an object or array, and where its value begins."""
    opening = text[at]
    if opening not in "{[":
        return
    at = _skip(text, at + 1)
    index = 0
    while text[at] not in "}]":
        place: str | int = index
        if opening == "{":
            place, at = scanstring(text, at + 1)
            at = _skip(text, _skip(text, at) + 1)
        yield place, at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1


def _spot(text: str, at: int, pin: Pin) -> Spot:
    if text[at] == '"':
        value, end = scanstring(text, at + 1)
        if text[at + 1 : end - 1] == value:
            return Spot(at + 1, end - 1, pin.template)
    raise PinError(
        f"{pin.file}:{line_of(text, at)}: {pin.selector} is no string without escapes",
        hint="pin a string, or use a regex",
    )


FORMAT = Format("json_path", find, check)
"""The format."""
