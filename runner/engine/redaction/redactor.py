"""Replaces secrets in bytes and texts: known values, and what has the form of one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from runner.engine.redaction import addresses, hidden
from runner.engine.redaction.common import refusal
from runner.engine.redaction.formats import RULES
from runner.engine.redaction.forms import cores_of, forms
from runner.engine.redaction.literals import Literals
from runner.engine.redaction.names import password_of
from runner.engine.redaction.rules import Rule
from runner.engine.redaction.spans import Span, merged, whole_escapes

_PIECE = 1 << 20
"""Bytes redacted at once, so that memory stays bounded."""
_ESCAPE = re.compile(rb"\\{1,64}(?:u[0-9A-Fa-f]{0,3})?\Z")
"""The beginning of an escape of JSON, or all of a short one's marks."""
_ESCAPE_REACH = 68


class Redactor:
    """Knows what must not be written; every method may be called from any thread."""

    def __init__(
        self,
        secrets: Mapping[str, str] | None = None,
        *,
        common: Collection[str] = (),
    ) -> None:
        """Take secrets by the name of their variable; see `warnings` for refused ones.

        The first of two with the same value gives the name. Of an address with a password, that
        is a secret of its own. ``common`` are words of the run that no secret can be: the
        package, its version. Nor can it be what stands in a redacted place.
        """
        self.warnings: tuple[str, ...] = ()
        """What the owner should know: secrets that are too short or too common to be redacted."""
        known = secrets or {}
        marks = {*known, addresses.NAME, *(rule.name for rule in RULES)}
        words = (*common, *(_mask(name).decode() for name in marks))
        names: dict[bytes, str] = {}
        inside: dict[bytes, str] = {}
        cores: set[bytes] = set()
        for name, value in known.items():
            if why := refusal(value, words):
                self.warnings += (f"the value of {name} is {why} to be redacted",)
                continue
            for one in {value, _seen(value)}:
                if not refusal(one, words):
                    names = dict.fromkeys(forms(one), name) | names
                    cores |= cores_of(one)
            password = password_of(value)
            if password and not refusal(password, words):
                inside |= dict.fromkeys(forms(password), name)
                cores |= cores_of(password)
        named = inside | names
        self._known = Literals(sorted(named), sorted(cores))
        self._names = tuple(named[form] for form in self._known.all)
        self._quick: tuple[Callable[[bytes], object], ...] = (
            *(*self._known.quick, *_anchors().quick),
            *(addresses.maybe_in, hidden.maybe_in),
        )

    def data(self, data: bytes) -> bytes:
        """Replace every secret in the bytes; the same object where there is none."""
        if len(data) > _PIECE:
            return self._large(data)
        for maybe_in in self._quick:
            if maybe_in(data):  # as nearly never
                return self.apply(data, self.scan(data)[0])
        return data

    def _large(self, data: bytes) -> bytes:
        stream = RedactedStream(self)
        pieces = [stream.feed(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE)]
        clean = b"".join([*pieces, stream.close()])
        return data if clean == data else clean

    def text(self, text: str) -> str:
        """Replace every secret in the text; the same object where there is none."""
        raw = text.encode("utf-8", "surrogateescape")
        clean = self.data(raw)
        return text if clean is raw else clean.decode("utf-8", "surrogateescape")

    def texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Replace every secret in each of the texts."""
        return tuple(self.text(text) for text in texts)

    def stream(self) -> RedactedStream:
        """Begin a stream in which a secret may be split over two reads."""
        return RedactedStream(self)

    def scan(self, data: bytes, *, more: bool = False) -> tuple[list[Span], int]:
        """Give what is to be replaced, and up to where that is certain.

        Where ``more`` data follows, the bytes from there on may belong to a secret that it ends.
        """
        spans, sure = self._scan(data, more=more)
        if (shown := hidden.shown(data, more=more)) is not None:
            found, certain = self._scan(shown.text, more=more)
            spans = merged([*spans, *map(shown.span, found)])
            place = shown.cut(certain)
            if len(data) - place <= len(shown.text) - certain + hidden.LIMIT:
                sure = min(sure, place)
            if more:
                sure = _clear_cut(data, spans, sure)
        return spans, sure

    def _scan(self, data: bytes, *, more: bool) -> tuple[list[Span], int]:
        """Do what `scan` does, of the bytes as they are."""
        spans = list(self._values(data))
        spans += (Span(start, stop, addresses.NAME, known=False) for start, stop in _urls(data))
        sure = _look(data, spans, more=more)
        if spans:
            spans = merged(whole_escapes(data, span) for span in merged(spans))
        if more:
            sure = _clear_cut(data, spans, min(sure, len(data) - self._held_back(data)))
        return spans, sure

    def _values(self, data: bytes) -> Iterator[Span]:
        """Give the known values, also those that begin inside another."""
        for hit in self._known.find(data):
            yield Span(hit.start, hit.stop, self._names[hit.number], known=True)
            window = data[hit.start : hit.stop + self._known.longest]
            for other in self._known.overlapping(window):
                if 0 < other.start < hit.stop - hit.start:
                    start, stop = hit.start + other.start, hit.start + other.stop
                    yield Span(start, stop, self._names[other.number], known=True)

    def _held_back(self, data: bytes) -> int:
        return max(
            self._known.held_back(data), _anchors().held_back(data), addresses.held_back(data)
        )

    @staticmethod
    def apply(data: bytes, spans: Iterable[Span]) -> bytes:
        """Write the marks; the same object where there are none."""
        pieces: list[bytes] = []
        position = 0
        for span in spans:
            pieces += [data[position : span.start], _mask(span.name)]
            position = span.stop
        return b"".join([*pieces, data[position:]]) if pieces else data


class RedactedStream:
    """Redacts a stream piece by piece, holding back what may be half a secret."""

    def __init__(self, redactor: Redactor) -> None:
        """Begin with nothing held back."""
        self._redactor = redactor
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take a piece, and give what can already be written."""
        return bytes(self.show(data))

    def show(self, data: bytes) -> bytes | memoryview:
        """Do what `feed` does, but without a copy where there is nothing to replace."""
        if self._held:
            data = self._held + data
            self._held = b""
        spans, sure = self._redactor.scan(data, more=True)
        if sure < len(data):
            self._held = data[sure:]
            spans = [span for span in spans if span.stop <= sure]
            if not spans:
                return memoryview(data)[:sure]
            data = data[:sure]
        return self._redactor.apply(data, spans)

    def close(self) -> bytes:
        """Give what was held back, for the stream has ended."""
        held, self._held = self._held, b""
        return self._redactor.data(held) if held else b""


def _seen(value: str) -> str:
    seen = hidden.shown(value.encode("utf-8", "surrogateescape"))
    return seen.text.decode("utf-8", "surrogateescape") if seen else value


def _mask(name: str) -> bytes:
    return f"[redacted {name}]".encode("utf-8", "surrogateescape")


@functools.cache
def _anchors() -> Literals:
    return Literals(anchor for rule in RULES for anchor in rule.anchors)


@functools.cache
def _owners() -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES for _ in rule.anchors)


def _urls(data: bytes) -> Iterator[tuple[int, int]]:
    return addresses.passwords(data)


def _look(data: bytes, spans: list[Span], *, more: bool) -> int:
    """Ask the rules at their anchors, add what they find, and say up to where that is certain."""
    covered = 0
    owners = _owners()
    for hit in _anchors().find(data):
        if hit.start < covered:
            continue
        rule = owners[hit.number]
        found = rule.look(data, hit.start, hit.stop)
        if found.unsure and more:
            return hit.start  # the rest is looked at again
        if found.start < found.stop:
            spans.append(Span(found.start, found.stop, rule.name, known=False))
            covered = found.stop
    return len(data)


def _clear_cut(data: bytes, spans: list[Span], cut: int) -> int:
    """Move a cut to the left until it goes through no secret and no escape."""
    for span in reversed(spans):
        if span.start < cut < span.stop:
            cut = span.start
    escape = _ESCAPE.search(data[max(0, cut - _ESCAPE_REACH) : cut])
    if escape is None:
        return cut
    return _clear_cut(data, spans, cut - len(escape.group()))
