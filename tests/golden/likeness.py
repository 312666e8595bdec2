"""Whether two bundles tell the same, but for when, where and how fast it happened."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping

Files = Mapping[str, bytes]
"""Path in the dossier to content."""

_SPAN = r"(?:\d+ h \d\d min|\d+ min \d\d s|\d+(?:\.\d+)? ?(?:s|ms|seconds)\b)"
_LIKE = (
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d| UTC)?", "MOMENT"),
    (r"\d{8}T\d{6}Z-[0-9a-f]{6}", "RUN"),
    (rf"\b{_SPAN}(?: \(\d+:\d\d:\d\d\))?", "SPAN"),
    (r'(?<= time=")[\d.]+(?=")', "SPAN"),
    (r"/[^\s\"'<>:;,]*/(?:upgrade-runner|pytest)-[^\s\"'<>:;,]*", "PATH"),
    (r"(?<=127\.0\.0\.1:)\d+", "PORT"),
    (r"\b[0-9a-f]{12,}\b", "HASH"),
    (r'(?<=hostname=")[^"]*(?=")', "HOST"),
    (r"\b\d[\d,.]* (?:bytes|[KMGT]i?B)\b", "SIZE"),
)
_PATTERNS = tuple((re.compile(pattern), word) for pattern, word in _LIKE)
_TEXTS = re.compile(r"[^/]+/(?:summary\.md|junit\.xml)")
_HEADING = re.compile(r"<h[12][^>]*>(.*?)</h[12]>", re.DOTALL)


def like(text: str) -> str:
    """Give a text with a word in the place of each moment, duration, path, port and hash."""
    for pattern, word in _PATTERNS:
        text = pattern.sub(word, text)
    return text


def differences(kept: Files, made: Files) -> list[str]:
    """Say in what else two dossiers differ: files, events, summaries, test reports, headings."""
    return [
        *_unified("files", _names(kept), _names(made)),
        *_unified("journal.jsonl", _events(kept), _events(made)),
        *_unified("report.html", _headings(kept), _headings(made)),
        *_reports(kept, made),
    ]


def _reports(kept: Files, made: Files) -> Iterator[str]:
    for name in sorted(kept.keys() & made.keys()):
        if _TEXTS.fullmatch(name):
            yield from _unified(name, _lines(kept[name]), _lines(made[name]))


def _unified(name: str, kept: list[str], made: list[str]) -> Iterator[str]:
    yield from difflib.unified_diff(kept, made, f"kept {name}", f"made {name}", lineterm="", n=0)


def _lines(content: bytes) -> list[str]:
    return like(content.decode()).splitlines()


def _names(files: Files) -> list[str]:
    return sorted(map(like, files))


def _events(files: Files) -> list[str]:
    return [json.loads(line)["event"] for line in files["journal.jsonl"].splitlines()]


def _headings(files: Files) -> list[str]:
    return [like(one) for one in _HEADING.findall(files["report.html"].decode())]
