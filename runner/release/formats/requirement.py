"""``requirement``: a line of a requirements file, as pip reads it.

The format is pip's "Requirements File Format"; names compare as PEP 503 normalises them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, PinError, Spot, line_of

_LINE = re.compile(r"(?:[^\\\r\n]|\\\r?\n|\\(?!\r?\n))+")
_NAME = re.compile(r"[ \t\ufeff]*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXACT = re.compile(
    r"[ \t]*(?:\[[^\]\r\n]*\])?[ \t]*(?:\([ \t]*)?={2,3}[ \t]*"
    r"(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)(?![A-Za-z0-9.!+_*,-])"
)
_HASH = re.compile(r"(?:[ \t]*\\\r?\n)?[ \t]*--hash[= ]\w+:\w+")
_COMMENT = re.compile(r"(?:^|[ \t])#")


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the version in every line that requires the package.

    Raises PinError for a line that requires it without ``==``.
    """
    wanted = canonicalize_name(pin.selector)
    return tuple(
        _spot(text, start, end, name, pin)
        for start, end, name in _requirements(text)
        if canonicalize_name(name["name"]) == wanted
    )


def _requirements(text: str) -> Iterator[tuple[int, int, re.Match[str]]]:
    for line in _LINE.finditer(text):
        name = _NAME.match(text, line.start(), line.end())
        if name:
            yield line.start(), line.end(), name


def _spot(text: str, start: int, end: int, name: re.Match[str], pin: Pin) -> Spot:
    exact = _EXACT.match(text, name.end(), end)
    if exact is None:
        raise PinError(
            f"{pin.file}:{line_of(text, start)}: {name['name']} is not pinned to one version",
            hint=f"write {name['name']}==VERSION",
        )
    comment = _COMMENT.search(text, exact.end(), end)
    stop = comment.start() if comment else end
    hashes = _HASH.finditer(text, exact.end(), stop)
    drops = tuple((one.start(), one.end()) for one in hashes)
    return Spot(exact.start("version"), exact.end("version"), pin.template, drops)


FORMAT = Format("requirement", find, anything)
"""The format."""
