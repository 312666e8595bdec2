"""Many literals searched for at once, in pieces of a stream too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

LEAST = 4
"""Bytes that every literal has."""
_TOGETHER = 48
"""Literals in one search."""
_ALIKE = 6
"""Bytes in which literals begin alike, at least."""
_MOST = 16 * _TOGETHER
"""Literals that are searched for in groups; where there are more, one slow search is faster."""
_DECOYS = tuple(bytes([byte]) * 256 for byte in (0xF5, 0xF8, 0xF9, 0xFA, 0xFB))
"""Literals that no UTF-8 holds (RFC 3629, section 1), and too long for the slow prefilter."""


class Hit(NamedTuple):
    """A place where a literal stands."""

    start: int
    """Of its first byte."""
    stop: int
    """After its last byte."""
    number: int
    """Of the literal, in the order given."""


class Literals:
    """A fixed set of literals."""

    def __init__(self, literals: Iterable[bytes], cores: Iterable[bytes] | None = None) -> None:
        """Take them; each has at least `LEAST` bytes.

        A literal that holds one of the cores, which are as long, is looked for only where that is
        found: however many of them there are, they cost nothing in other data. Where cores are
        given, several literals that begin alike have their beginning for one.
        """
        parts = list(cores or ())
        alone: list[bytes] = []
        cored: list[bytes] = []
        for one in literals:
            (cored if any(core in one for core in parts) else alone).append(one)
        if cores is not None:
            alone, alike = _apart(alone)
            parts += map(_beginning, alike)
            cored += chain.from_iterable(alike)
        self.all = (*alone, *cored)
        """In the order that hits count them."""
        self._cores = _searches(parts)
        self._cored = _searches(cored, first=len(alone))
        self.longest = max(map(len, self.all), default=0)
        """Bytes of the longest."""
        self._searches = _searches(alone)
        searches = (*self._searches, *self._cores)
        self.quick = tuple(one.automaton.find_matches_as_indexes for one in searches)
        """Searches, faster than `find`: where none of them finds a thing, no literal stands."""
        self._overlaps: BytesAhoCorasick | None = None
        self._openings = {one[:n] for one in self.all for n in range(1, LEAST)}
        by_head: dict[bytes, list[bytes]] = {}
        for one in self.all:
            by_head.setdefault(one[:LEAST], []).append(one)
        self._by_head = tuple(by_head.values())
        self._heads = _automaton(by_head, MatchKind.Standard) if by_head else None

    def find(self, data: bytes) -> list[Hit]:
        """Give the hits in order, the longest where several begin; none that overlaps another.

        Where there are many literals, those of two searches may overlap.
        """
        searches = self._searches
        if self._cored and any(_hits(data, self._cores)):
            searches = (*searches, *self._cored)
        found = list(_hits(data, searches))
        if found and len(searches) > 1:
            found.sort(key=lambda hit: (hit.start, -hit.stop))
        return found

    def overlapping(self, data: bytes) -> Iterator[Hit]:
        """Give every hit, also those that begin inside another; slower than `find`."""
        if self._overlaps is None:
            self._overlaps = _automaton(self.all, MatchKind.Standard)
        for number, start, stop in self._overlaps.find_matches_as_indexes(data, overlapping=True):
            yield Hit(start, stop, number)

    def held_back(self, data: bytes) -> int:
        """Count the bytes at the end that may be the beginning of a literal, not all of it."""
        if self._heads is None:
            return 0
        end = data[-(self.longest - 1) :]
        for number, start, _ in self._heads.find_matches_as_indexes(end, overlapping=True):
            rest = end[start:]
            if any(len(rest) < len(one) and one.startswith(rest) for one in self._by_head[number]):
                return len(rest)
        few = range(min(LEAST - 1, len(end)), 0, -1)
        return next((n for n in few if end[-n:] in self._openings), 0)


def finder(literals: Iterable[bytes]) -> Callable[[bytes], object]:
    """Give a search, true where any stands, for at most 16 literals of one to three bytes.

    Measured with ahocorasick-rs 1.0.3 on text, noise and binary data: 15 GB/s; with one literal
    more, or with decoys, 0.35 GB/s.
    """
    return _automaton(literals, MatchKind.LeftmostLongest).find_matches_as_indexes


class _Search(NamedTuple):
    """A search for a few literals."""

    first: int
    """Number of its first literal."""
    size: int
    """How many there are; what is found beyond is a decoy."""
    automaton: BytesAhoCorasick
    """Finds them."""


def _apart(literals: Iterable[bytes]) -> tuple[list[bytes], list[list[bytes]]]:
    """Give the literals that begin like no other, and the rest in groups."""
    groups: dict[bytes, list[bytes]] = {}
    for one in literals:
        groups.setdefault(one[:_ALIKE], []).append(one)
    alike = [some for begun, some in groups.items() if len(some) > 1 and len(begun) == _ALIKE]
    gone = {one[:_ALIKE] for one, *_ in alike}
    return [one for begun, some in groups.items() if begun not in gone for one in some], alike


def _beginning(literals: Sequence[bytes]) -> bytes:
    """Give all that literals begin with alike."""
    first, last = min(literals), max(literals)  # what these share, all between them share
    differing = (at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1)
    return first[: next(differing, len(first))]


def _hits(data: bytes, searches: Iterable[_Search]) -> Iterator[Hit]:
    for first, size, automaton in searches:
        hits = automaton.find_matches_as_indexes(data)
        if hits:  # as nearly never
            yield from (Hit(a, b, first + number) for number, a, b in hits if number < size)


def _searches(literals: Sequence[bytes], first: int = 0) -> tuple[_Search, ...]:
    """Give a search for each few literals, which are numbered from ``first`` on.

    Measured with ahocorasick-rs 1.0.3 on base64 noise, text and logs: 6 to 15 GB/s for up to 48
    literals, by the vector prefilter that it has for leftmost matches; 0.5 GB/s for more. Without
    the decoys it may prefer a prefilter by rare bytes, 0.2 GB/s where these are not rare.
    """
    size = len(literals) if len(literals) > _MOST else _TOGETHER
    groups = (literals[at : at + size] for at in range(0, len(literals), size))
    return tuple(
        _Search(
            first + size * number,
            len(group),
            _automaton((*group, *_DECOYS), MatchKind.LeftmostLongest),
        )
        for number, group in enumerate(groups)
    )


def _automaton(literals: Iterable[bytes], kind: MatchKind) -> BytesAhoCorasick:
    """Give a search that is built quickly.

    A DFA, the default for up to 100 literals, takes 25 ms to build where this takes 0.2; behind a
    prefilter it is no faster on logs, for it is asked only at candidates.
    """
    return BytesAhoCorasick(literals, kind, implementation=Implementation.ContiguousNFA)
