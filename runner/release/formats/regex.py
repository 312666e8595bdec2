"""``regex``: a regular expression with a group named ``version``, for every other file.

The expression is Python's (`re`), with ``^`` and ``$`` at each line; where lines end
in CRLF, ``$`` stands after the CR. It comes from the playbook, whose author decides what is run
anyway, and the file is at most `texts.LIMIT` long.
"""

from __future__ import annotations

import re

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, PinError, Spot


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the group in every match; raises PinError for an expression without one."""
    try:
        expression = re.compile(pin.selector, re.MULTILINE)
    except re.error as error:
        raise PinError(
            f"{pin.file}: regex {pin.selector!r}: {error}", hint="correct the pin in the playbook"
        ) from error
    if "version" not in expression.groupindex:
        raise PinError(
            f"{pin.file}: regex {pin.selector!r} has no group named 'version'",
            hint="write (?P<version>…) around what is the version",
        )
    mark = len(text) - len(text.removeprefix("\ufeff"))  # a byte order mark begins no line
    found = [one for one in expression.finditer(text[mark:]) if one["version"]]
    return tuple(
        Spot(mark + one.start("version"), mark + one.end("version"), pin.template) for one in found
    )


FORMAT = Format("regex", find, anything)
"""The format."""
