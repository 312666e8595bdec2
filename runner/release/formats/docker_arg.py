"""``docker_arg``: the default of an ``ARG`` of a Dockerfile."""

from __future__ import annotations

import re

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, Spot

_INSTRUCTION = re.compile(r"(?im)^[ \t\ufeff]*ARG[ \t](?:[^\\\r\n]|\\\r?\n|\\.)*")


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the default in every ``ARG NAME=…``, quoted or not."""
    name = re.escape(pin.selector)
    value = re.compile(rf"(?<=[\s]){name}=(?:\"([^\"\r\n]*)\"|'([^'\r\n]*)'|([^\s\"'\\]*))")
    spots = []
    for instruction in _INSTRUCTION.finditer(text):
        for one in value.finditer(text, instruction.start(), instruction.end()):
            start, end = one.span(one.lastindex or 0)
            spots.append(Spot(start, end, pin.template))
    return tuple(spots)


FORMAT = Format("docker_arg", find, anything)
"""The format."""
