"""``terraform``: a string assigned in ``.tfvars``, or a variable's default in ``.tf``."""

from __future__ import annotations

import re

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, Spot

# Comments and strings, so that neither is taken for code: HCL's native syntax, "Lexical Elements".
_TOKEN = re.compile(r"/\*.*?(?:\*/|\Z)|(?:#|//)[^\r\n]*|\"(?:[^\"\\\r\n]|\\.)*\"|[{}]", re.DOTALL)


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the value in every ``NAME = "…"`` and in every ``variable "NAME"``'s default."""
    name = re.escape(pin.selector)
    plain = _without_comments(text)
    spots = [
        Spot(*one.span(1), pin.template)
        for one in re.finditer(rf"(?m)^[ \t\ufeff]*{name}[ \t]*=[ \t]*\"([^\"\r\n]*)\"", plain)
    ]
    for block in re.finditer(rf"(?m)^[ \t\ufeff]*variable[ \t]+\"{name}\"[ \t]*\{{", plain):
        end = _end(plain, block.end())
        default = re.compile(r"(?:(?<=\n)|(?<=\{))[ \t]*default[ \t]*=[ \t]*\"([^\"\r\n]*)\"")
        found = default.search(plain, block.end() - 1, end)
        if found:
            spots.append(Spot(*found.span(1), pin.template))
    return tuple(sorted(spots, key=lambda one: one.start))


def _without_comments(text: str) -> str:
    """Give the text with every comment blanked, each character in its place."""

    def blank(token: re.Match[str]) -> str:
        if token[0][0] in "#/":
            return re.sub(r"[^\r\n]", " ", token[0])
        return token[0]

    return _TOKEN.sub(blank, text)


def _end(text: str, start: int) -> int:
    """Give where the block ends that began before ``start``."""
    depth = 1
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if not depth:
            return token.start()
    return len(text)


FORMAT = Format("terraform", find, anything)
"""The format."""
