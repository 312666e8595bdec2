"""Texts as the page wants them: clean, not endless, and addresses that lead nowhere else."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from urllib.parse import quote

from runner.reporters.text import clean, elapsed

LONGEST: Final = 2000
"""Characters of a field; the record has the rest."""
_ELLIPSIS = " … "
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_KIBI = 1024


def clip(text: str, limit: int = LONGEST) -> str:
    """Leave the middle of a long text out: its end often says what went wrong."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}{_ELLIPSIS}{text[len(text) - (limit - head) :]}"


def shown(value: object, limit: int = LONGEST) -> object:
    """Make what a template prints safe; markup that was made of safe texts stays as it is."""
    if type(value) is str and len(value) <= limit and value.isprintable():
        return value  # nearly all are, and there may be a hundred thousand
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return clean(clip(value, limit))
    return value


def anchor(stage: str, check: str) -> str:
    """Give the id of a check's place on the page."""
    return slug(f"{stage}--{check}")


def slug(text: str) -> str:
    """Give a word for a style sheet: ``out of range`` is ``out-of-range``."""
    return _UNSAFE.sub("-", text)


def clock(seconds: float) -> str:
    """Give a mark of an axis: ``0.5 s``, ``10 s``, ``2 min``, ``1 h 30 min``."""
    if seconds < 1:
        return f"{seconds:g} s"
    return elapsed(seconds).replace(" 00 s", "").replace(" 00 min", "")


def link(path: str) -> str:
    """Give a relative address of a file of the dossier; empty for a path that leaves it."""
    parts = path.split("/")
    if not path or ".." in parts or path.startswith("/"):
        return ""
    return quote(path, safe="/", errors="replace")


def moment(text: str) -> str:
    """Give a moment for people, with its offset: ``2026-11-27 09:38:51 UTC``."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} {'UTC' if zone == '+0000' else zone}".rstrip()


def size(count: int) -> str:
    """Give a size for people: ``812 bytes``, ``1.4 MiB``."""
    amount, unit = float(count), 0
    while amount >= _KIBI and unit < len(_UNITS) - 1:
        amount, unit = amount / _KIBI, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"
