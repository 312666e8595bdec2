"""``docker_from``: the tag of a base image in a Dockerfile."""

from __future__ import annotations

import re

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, Spot


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the tag in every ``FROM IMAGE:tag``; a digest belongs to the old image and goes."""
    stage = re.compile(
        r"(?im)^[ \t\ufeff]*FROM[ \t]+(?:--platform=\S+[ \t]+)?"
        rf"(?-i:{re.escape(pin.selector)}):(?P<tag>[\w][\w.-]*)(?P<digest>@\w+:[0-9a-f]+)?(?!\S)"
    )
    return tuple(
        Spot(
            *one.span("tag"),
            pin.template,
            (one.span("digest"),) if one["digest"] else (),
        )
        for one in stage.finditer(text)
    )


FORMAT = Format("docker_from", find, anything)
"""The format."""
