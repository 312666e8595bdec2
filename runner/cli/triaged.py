"""A triage for people: in the terminal, and as Markdown for an issue or a pull request."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence

from runner.release.triage_record import CandidateRecord, FindingRecord, TriageDocument
from runner.release.upstream import INDEX
from runner.reporters.markdown.text import plain, table
from runner.reporters.text import one_line
from runner.reporters.width import cells, pad, wrap

_HEADINGS = (
    "Version", "Published", "Resolves", "Fixes", "Clears", "Leaves", "Brings", "Forbidden",
)  # fmt: skip
_NARROWEST = 60
_MARK = {True: "→ ", False: "  "}


def console(told: TriageDocument) -> Iterator[str]:
    """Lay it out for a terminal."""
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    yield _title(told)
    yield from _folded(f"{told.recommendation.reason}.", width)
    for doubt in told.recommendation.doubts:
        yield from _folded(f"but: {doubt}", width)
    chosen = next((one for one in told.candidates if one.recommended), None)
    if chosen:
        yield ""
        for heading, text in _effects(chosen):
            yield from _folded(text, width, f"  {pad(heading, 12)}  ")
    yield from _candidates(told, width)
    yield from _more(told, width)
    yield ""
    yield "Sources"
    for one in told.sources:
        start = f"  {pad(one.name, 21)} {pad(one.state, 9)}  "
        yield from _folded(one.detail, width, start)
        if one.hint:
            yield from _folded(f"hint: {one.hint}", width, " " * cells(start))
    for note in told.notes:
        yield from _folded(f"note: {note}", width)


def _title(told: TriageDocument) -> str:
    target = told.recommendation.version
    blind = any(one.name == INDEX and one.state != "reached" for one in told.sources)
    staying = "what is newer is not known" if blind else "stay"
    return f"{told.package} {told.current}: {f'take {target}' if target else staying}"


def _folded(text: str, width: int, start: str = "  ") -> Iterator[str]:
    """Break a text after its start; the other lines hang on a column, or by two more without."""
    hang = " " * (cells(start) if start.strip() else cells(start) + 2)
    first, *rest = wrap(one_line(text), max(width - cells(hang), _NARROWEST // 3))
    yield start + first
    yield from (hang + one for one in rest)


def _effects(one: CandidateRecord) -> Iterator[tuple[str, str]]:
    cleared = [found.id for found in one.clears]
    yield f"fixes {len(one.fixes)}", _ids(one.fixes)
    if cleared:
        yield f"clears {len(cleared)}", f"{', '.join(cleared)} (no fix is named)"
    yield f"leaves {len(one.leaves)}", _ids(one.leaves)
    yield f"brings {len(one.brings)}", _ids(one.brings)
    if one.waived:
        yield f"waived {len(one.waived)}", ", ".join(one.waived)
    yield "notes", _notes(one)
    if one.alerts:
        yield "alerts", f"still open: {', '.join(f'#{number}' for number in one.alerts)}"
    yield "migrations", one.migrations or "unknown: no check of a stage 'triage' reports them"


def _notes(one: CandidateRecord) -> str:
    if one.named is None:
        return "unknown: no feed tells of it"
    told = f"the release notes name {', '.join(one.named) or 'no advisory'}"
    return f"{told}; {one.release_notes}" if one.release_notes else told


def _ids(found: Iterable[FindingRecord]) -> str:
    return ", ".join(one.id for one in found) or "none"


def _candidates(told: TriageDocument, width: int) -> Iterator[str]:
    rows = [one for one in told.candidates if one.eligible]
    if rows:
        yield ""
        grid = [_HEADINGS, *map(_row, rows)]
        widths = [max(map(cells, column)) for column in zip(*grid, strict=True)]
        marks = [False, *(one.recommended for one in rows)]
        for mark, line in zip(marks, grid, strict=True):
            yield (_MARK[mark] + "  ".join(map(pad, line, widths))).rstrip()
    others = {one.verdict: _named(told.candidates, one.verdict) for one in _rejected(told)}
    if others:
        yield ""
        yield "Not taken"
    for verdict, versions in others.items():
        yield from _folded(f"{', '.join(versions)}: {verdict}", width)


def _row(one: CandidateRecord) -> tuple[str, ...]:
    counts = (len(one.fixes), len(one.clears), len(one.leaves), len(one.brings))
    forbidden = "unknown" if one.forbidden is None else str(one.forbidden)
    resolves = "untried" if one.resolves == "not tried" else one.resolves
    return (one.version, _published(one), resolves, *map(str, counts), forbidden)


def _published(one: CandidateRecord) -> str:
    if one.published is None or one.age_days is None:
        return "unknown"
    return f"{one.published[:10]} ({one.age_days:.0f}d)"


def _rejected(told: TriageDocument) -> Iterator[CandidateRecord]:
    """Give those of which the table does not show why they are not taken."""
    for one in told.candidates:
        if not one.eligible or (one.resolves in {"no", "unknown"} and not one.recommended):
            yield one


def _named(candidates: Sequence[CandidateRecord], verdict: str) -> list[str]:
    return [one.version for one in candidates if one.verdict == verdict]


def _more(told: TriageDocument, width: int) -> Iterator[str]:
    for one in told.announced:
        when = f" on {one.published[:10]}" if one.published else ""
        yield from _folded(f"{one.version}: announced{when}, and not in the index", width)
    if told.untold:
        ids = ", ".join(told.untold)
        text = f"tracked, but no source calls it a flaw of {told.current}: {ids}"
        yield from _folded(text, width)
    for alert in told.alerts:
        names = ", ".join(alert.names)
        about = f"versions {alert.affected}" if alert.affected else "versions unknown"
        yield from _folded(f"alert #{alert.number} ({alert.severity}): {names}, {about}", width)


def markdown(told: TriageDocument) -> Iterator[str]:
    """Lay it out as GitHub Flavored Markdown."""
    yield f"## {plain(_title(told))}"
    yield ""
    yield _sentence(told.recommendation.reason)
    for doubt in told.recommendation.doubts:
        yield f"- **But:** {plain(doubt)}"
    chosen = next((one for one in told.candidates if one.recommended), None)
    if chosen:
        yield ""
        for heading, text in _effects(chosen):
            yield f"- **{heading}**: {plain(text)}"
    if told.candidates:
        yield from _table((*_HEADINGS, "Verdict"), map(_full_row, told.candidates))
    if told.announced or told.alerts or told.untold:
        yield ""
        yield from (f"- {plain(line.strip())}" for line in _more(told, 1 << 16))
    sources = ((one.name, one.state, _source(one.detail, one.hint)) for one in told.sources)
    yield from _table(("Source", "State", "Detail"), sources)
    if told.notes:
        yield ""
        yield from (f"- {plain(note)}" for note in told.notes)


def _full_row(one: CandidateRecord) -> tuple[str, ...]:
    cells_ = _row(one)
    version = f"{cells_[0]} (recommended)" if one.recommended else cells_[0]
    return (version, *cells_[1:], one.verdict)


def _source(detail: str, hint: str | None) -> str:
    return f"{detail}; {hint}" if hint else detail


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield from table(headings, (tuple(map(plain, row)) for row in rows))


def _sentence(text: str) -> str:
    shown = plain(text)
    return f"{shown[:1].upper()}{shown[1:]}."
