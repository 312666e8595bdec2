"""Keep secrets out of everything that is written.

A secret is known by the name of the environment variable that holds it; wherever its value
would be written, ``[redacted NAME]`` stands instead, whose length tells nothing of the value's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from ahocorasick_rs import BytesAhoCorasick, MatchKind

SHORTEST = 4
"""Characters; a shorter value would be found everywhere and make noise of the logs."""

_TOGETHER = 48
"""Needles in one search."""
_DECOYS = tuple(bytes([byte]) * 256 for byte in (0xF5, 0xF8, 0xF9, 0xFA, 0xFB))
"""Needles that no UTF-8 holds (RFC 3629, section 1), and too long for the slow prefilter."""


class Redactor:
    """Replaces the values of secrets in bytes and texts, the longest one that fits first."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        """Take secrets by the name of their variable; see `warnings` for refused ones."""
        self.warnings: tuple[str, ...] = ()
        """What the owner should know: secrets that are too short to be redacted."""
        needles: dict[bytes, bytes] = {}
        for name, value in (secrets or {}).items():
            if len(value) < SHORTEST:
                self.warnings += (f"the value of {name} is too short to be redacted",)
                continue
            for form in _forms(value):
                needles[form] = f"[redacted {name}]".encode()
        self._needles = tuple(needles)
        self._masks = tuple(needles.values())
        self._searches = tuple(_searches(self._needles))
        self._reach = max(map(len, self._needles), default=1) - 1
        self._openings = {needle[:n] for needle in self._needles for n in range(1, SHORTEST)}
        self._heads: dict[bytes, list[bytes]] = {}
        for needle in self._needles:
            self._heads.setdefault(needle[:SHORTEST], []).append(needle)

    def data(self, data: bytes) -> bytes:
        """Replace every secret in the bytes; the same object where there is none."""
        found = self._find(data)
        if not found:
            return data
        pieces, position = [], 0
        for start, stop, number in found:
            if start >= position:
                pieces += [data[position:start], self._masks[number]]
                position = stop
        return b"".join([*pieces, data[position:]])

    def _find(self, data: bytes) -> list[tuple[int, int, int]]:
        """Give start, stop and number of each needle found, in order, the longest first."""
        found: list[tuple[int, int, int]] = []
        for first, search in self._searches:
            known = min(_TOGETHER, len(self._needles) - first)
            for number, start, stop in search.find_matches_as_indexes(data):
                if number < known:
                    found.append((start, stop, first + number))
        if len(self._searches) > 1:
            found.sort(key=lambda match: (match[0], -match[1]))
        return found

    def text(self, text: str) -> str:
        """Replace every secret in the text."""
        if not self._needles:
            return text
        raw = text.encode("utf-8", "surrogateescape")
        return self.data(raw).decode("utf-8", "surrogateescape")

    def texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Replace every secret in each of the texts."""
        return tuple(self.text(text) for text in texts)

    def stream(self) -> RedactedStream:
        """Begin a stream in which a secret may be split over two reads."""
        return RedactedStream(self)

    def held_back(self, data: bytes) -> int:
        """Count the bytes at the end that may be the beginning of a secret."""
        end = data[-self._reach :] if self._reach else b""
        few = range(min(SHORTEST - 1, len(end)), 0, -1)
        held = next((n for n in few if end[-n:] in self._openings), 0)
        for head, needles in self._heads.items():
            start = end.find(head)
            while start >= 0:
                rest = end[start:]
                if any(len(rest) < len(needle) and needle.startswith(rest) for needle in needles):
                    held = max(held, len(rest))
                    break
                start = end.find(head, start + 1)
        return held

    def clear_of_secrets(self, data: bytes, cut: int) -> int:
        """Move a cut to the left until it goes through no secret."""
        moved = True
        while moved:
            moved = False
            for needle in self._needles:
                reach = len(needle) - 1
                start = data.find(needle, max(0, cut - reach), cut + reach)
                if start >= 0:
                    cut, moved = start, True
        return cut


def _searches(needles: tuple[bytes, ...]) -> Iterator[tuple[int, BytesAhoCorasick]]:
    """Give a search for each few needles, with the number of its first.

    Measured with ahocorasick-rs 1.0.3 on base64 noise, text and logs: 6 to 13 GB/s for up to 48
    needles, by the vector prefilter that it has for leftmost matches; 0.5 GB/s for more. Without
    the decoys it may prefer a prefilter by rare bytes, 0.2 GB/s where these are not rare.
    """
    for first in range(0, len(needles), _TOGETHER):
        group = (*needles[first : first + _TOGETHER], *_DECOYS)
        yield first, BytesAhoCorasick(group, matchkind=MatchKind.LeftmostLongest)


class RedactedStream:
    """Redacts a stream piece by piece, holding back what may be half a secret."""

    def __init__(self, redactor: Redactor) -> None:
        """Begin with nothing held back."""
        self._redactor = redactor
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take a piece, and give what can already be written."""
        if self._held:
            data = self._held + data
            self._held = b""
        if held := self._redactor.held_back(data):
            cut = self._redactor.clear_of_secrets(data, len(data) - held)
            self._held = data[cut:]
            data = data[:cut]
        return self._redactor.data(data)

    def close(self) -> bytes:
        """Give what was held back, for the stream has ended."""
        held, self._held = self._held, b""
        return self._redactor.data(held)


def _forms(value: str) -> set[bytes]:
    """Give the value as it is, as JSON writes it, and each line of it by itself."""
    texts = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    texts |= {line for line in value.splitlines() if len(line) >= SHORTEST}
    return {text.encode("utf-8", "surrogateescape") for text in texts}
