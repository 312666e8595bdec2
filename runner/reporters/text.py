"""Text from anywhere, made safe to show: in a terminal, in XML, on one line.

Output of children, names in playbooks and inner reports may hold any characters at all. A name must
not move the cursor, recolour the screen, reorder what is read (CVE-2021-42574, "Trojan Source") or
make XML ill-formed, and nothing readable may get lost on the way.
"""

from __future__ import annotations

import math
import re
from typing import Final

# ECMA-48 (5th edition) section 5.4 (CSI) and 8.3 (OSC, DCS, SOS, PM, APC); each also in its
# one-character C1 form. A string without its end loses only its introducer, so that no text
# can be hidden behind one. Possessive quantifiers keep the search linear.
_ESCAPE: Final = (
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])"
    r"(?:[^\x07\x1b\x90\x98\x9b-\x9f\r\n]*+(?:\x07|\x1b\\|\x9c))?"
    r"|\x1b[ -/]*+[0-~]"
)
_BREAK: Final = "\r\n|[\r\x0b\x0c\x85\u2028\u2029]"
_CONTROL: Final = r"[\x00-\x08\x0e-\x1f\x7f-\x9f]"
# Lone surrogates stand for undecodable bytes; U+FFFE and U+FFFF are no XML 1.0 characters.
_BROKEN: Final = "[\ud800-\udfff\ufffe\uffff]"
_BIDI: Final = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_SUSPECT: Final = re.compile(r"[^\t\n\x20-\x7e]")
_SPACE: Final = str.maketrans("\t\n", "  ")
_LIVE_LIMIT: Final = 4096
_MINUTE: Final = 60
_HOUR: Final = 3600


def clean(text: str) -> str:
    r"""Make text safe; of the control characters only ``\n`` and ``\t`` remain.

    Escape sequences go, every kind of line break becomes ``\n``, bidirectional controls are
    spelled out as ``<U+202E>``, what cannot be encoded becomes U+FFFD.
    """
    if not _SUSPECT.search(text):
        return text
    # Compiled by the first text that needs them: most runs have none.
    text = re.sub(_ESCAPE, "", text)
    text = re.sub(_BREAK, "\n", text)
    text = re.sub(_CONTROL, "", text)
    text = re.sub(_BROKEN, "\ufffd", text)
    return re.sub(_BIDI, lambda found: f"<U+{ord(found[0]):04X}>", text)


def one_line(text: str) -> str:
    """Make text safe and put it on one line: tabs and line breaks become spaces."""
    if text.isprintable():  # printable text has no controls, surrogates or bidi controls
        return text
    return clean(text).translate(_SPACE)


def last_line(text: str) -> str:
    """Give the last line that is not blank, safe; a progress bar's last state is a line."""
    for line in reversed(clean(text[-_LIVE_LIMIT:]).split("\n")):
        if line.strip():
            return line.translate(_SPACE)
    return ""


def last_lines(text: str, count: int) -> list[str]:
    """Give at most ``count`` last lines, safe, blank ones at the end left out, tabs expanded."""
    return clean(text).expandtabs(4).rstrip().split("\n")[-count:] if text.strip() else []


def duration(seconds: float) -> str:
    """Say how long: ``1.2 s``, ``3 min 05 s``, ``2 h 07 min``."""
    seconds = seconds if math.isfinite(seconds) and seconds > 0 else 0.0
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    return elapsed(round(seconds))


def elapsed(seconds: float) -> str:
    """Say how long so far, in whole seconds, so that a running clock does not flicker."""
    whole = int(seconds) if math.isfinite(seconds) and seconds > 0 else 0
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def count(number: int, noun: str) -> str:
    """Count things: ``1 check``, ``2 checks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
