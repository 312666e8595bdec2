"""The formats of pins: how a version is written in a kind of file, one module each."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model import Pin
from runner.release.formats import (
    docker_arg,
    docker_from,
    json_path,
    pyproject,
    regex,
    requirement,
    table_row,
    terraform,
    yaml_path,
)
from runner.release.spots import Format, PinError, Spot, line_of

FORMATS: Mapping[str, Format] = {
    one.FORMAT.name: one.FORMAT
    for one in (
        requirement,
        pyproject,
        docker_arg,
        docker_from,
        yaml_path,
        json_path,
        terraform,
        table_row,
        regex,
    )
}
"""Every format by its key in a pin; a new one is a module and a line."""


def spots_of(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give every spot of a pin in its file's text, in order.

    Raises PinError where the text is no file of that format, or where the pin is found more or less
    often than it says.
    """
    spots = FORMATS[pin.format].find(text, pin)
    each = max(1, len(pin.columns))
    found = len(spots) // each
    if found == pin.times:
        return spots
    what = f"{pin.format} {pin.selector!r}"
    if not found:
        raise PinError(
            f"{pin.file}: {what} was not found",
            hint="correct the pin in the playbook, or the file",
        )
    lines = ", ".join(str(line_of(text, one.start)) for one in spots[::each])
    raise PinError(
        f"{pin.file}: {what} was found {found} times (lines {lines}),"
        f" where {pin.times} was expected",
        hint=f"narrow the pin, or say 'times: {found}' if all of them are meant",
    )


def check(text: str, pin: Pin) -> None:
    """Raise PinError where a changed text is not well-formed any more, or has lost the pin."""
    spots_of(text, pin)
    FORMATS[pin.format].check(text, pin)
