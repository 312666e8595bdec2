"""Hidden marks, by which the runner finds its own comment or issue again."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 65_536
"""Characters of a body; GitHub's API answers with 422 to more."""
_CUT: Final = "\n\n_Cut here: it is longer than GitHub takes._\n"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._ -]")


def mark(kind: str, *words: str) -> str:
    """Give the mark of a body: a comment of HTML, which is not shown."""
    told = " ".join(_UNSAFE.sub("_", word) for word in words).replace("--", "__")
    return f"<!-- upgrade-runner {kind}: {told} -->"


def marked(text: str, sign: str) -> str:
    """Give a body that begins with its mark, and is no longer than it may be."""
    room = LONGEST - len(sign) - 1
    if len(text) > room:
        text = text[: room - len(_CUT)].rpartition("\n")[0] + _CUT
    return f"{sign}\n{text}"


def has(body: str | None, sign: str) -> bool:
    """Say whether a body begins with a mark; quoted or answered it does not count."""
    return (body or "").lstrip().startswith(sign)
