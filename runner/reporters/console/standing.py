"""A picture of where an upgrade stands: a rail of stages, and below it what each word rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from runner.model.standing import (
    ChecklistItem,
    KnownAdvisory,
    PinPlace,
    StageStanding,
    State,
    UpgradeStanding,
)
from runner.reporters.console.page import Line, Look, Span, Tone, line, line_cells, say
from runner.reporters.console.story import wrapped
from runner.reporters.text import count, one_line
from runner.reporters.width import cells, pad, shorten

_LABEL = 14
_AREA = 44
_MARKS: dict[State, tuple[str, str, Tone]] = {
    "passed": ("✓", "+", Tone.GOOD),
    "failed": ("✗", "x", Tone.BAD),
    "errored": ("!", "!", Tone.ODD),
    "skipped": ("-", "-", Tone.FAINT),
    "not yet": ("·", ".", Tone.FAINT),
    "stale": ("~", "~", Tone.ODD),
}
_MAIN = ("preflight", "verification", "rollout")
_BUMP = "bump"


def picture(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    """Draw it for a width."""
    yield from _title(standing, look)
    yield ()
    yield from _rail(standing, look)
    yield ()
    yield from _facts(standing, look)
    yield from _pins(standing, look)
    yield from _advisories(standing, look)
    for stage in standing.stages:
        yield from _stage(stage, look)
    yield ()
    yield from _next(standing, look)


def _title(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    release = standing.release
    arrow = "→" if look.unicode else "->"
    versions = dict.fromkeys(filter(None, (standing.from_version, release.version)))
    path = f" {arrow} ".join(versions)
    state = release.upgrade_status.replace("_", " ")
    yield line(say(f"{release.package} {path}", Tone.STRONG), f" {look.dot} upgrade {state}")
    if release.status:
        yield from wrapped("", release.status, Tone.PLAIN, look, indent=0)
    if release.target and release.target != release.version:
        when = f" ({release.triaged})" if release.triaged else ""
        text = f"triage recommends {release.target}{when}"
        yield from wrapped("", text, Tone.PLAIN, look, indent=0)


def _mark(state: State, look: Look) -> Span:
    pretty, plain, tone = _MARKS[state]
    return say(pretty if look.unicode else plain, tone)


def _rail(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    """Draw the way of an upgrade on one line, or where there is no room a stop on each."""
    known = {one.name: one.state for one in standing.stages}
    stops = {name: known[name] for name in _MAIN[:1] if name in known}
    stops[_BUMP] = _bump_state(standing)
    stops |= {name: known[name] for name in _MAIN[1:] if name in known}
    nodes = [(_mark(state, look), say(f" {name}")) for name, state in stops.items()]
    rule = say(f" {look.rule * 2} ", Tone.FAINT)
    rail: list[Span] = [say("  "), *nodes[0]]
    for _, node in pairwise(nodes):
        rail += [rule, *node]
    if line_cells(tuple(rail)) <= look.width:
        yield tuple(rail)
        return
    for node in nodes:
        yield line("  ", *node)


def _bump_state(standing: UpgradeStanding) -> State:
    if not standing.in_sync:
        return "failed"
    target = standing.release.target
    return "not yet" if target and target != standing.release.version else "passed"


def _facts(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    owners = standing.owners
    people = [
        owners.dri,
        owners.backup and f"backup {owners.backup}",
        owners.notify and f"notify {', '.join(owners.notify)}",
    ]
    facts = {"Owner": f" {look.dot} ".join(map(str, filter(None, people)))}
    facts["Image"] = standing.release.image
    for name, value in facts.items():
        if value:
            yield from _labelled(name, value, look)


def _labelled(label: str, text: str, look: Look) -> Iterator[Line]:
    yield from wrapped(pad(label, _LABEL), text, Tone.FAINT, look, indent=0)


def _heading(label: str, state: State, text: str, look: Look) -> Iterator[Line]:
    mark = _mark(state, look)
    name = shorten(one_line(label), max(look.width - _LABEL, _LABEL), look.ellipsis)
    first = line(say(pad(name, _LABEL - 1) + " ", Tone.FAINT), mark, say(f" {text}"))
    if line_cells(first) <= look.width:
        yield first
        return
    yield line(say(name, Tone.FAINT))
    yield from wrapped(f"{mark.text} ", text, mark.tone, look)


def _pins(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    drifted = sum(not one.in_sync for one in standing.pins)
    total = len(standing.pins)
    if not total:
        yield from _heading("Pins", "not yet", "none: nothing repeats the version", look)
        return
    told = f"{drifted} of {count(total, 'place')} drifted" if drifted else None
    state: State = "failed" if drifted else "passed"
    yield from _heading("Pins", state, told or f"{count(total, 'place')} in sync", look)
    for one in standing.pins:
        yield from _pin(one, look)


def _pin(one: PinPlace, look: Look) -> Iterator[Line]:
    mark = _mark("passed" if one.in_sync else "failed", look)
    if one.problem:
        text = one.problem
    else:
        said = one.has if one.in_sync else f"has {one.has!r}, wants {one.wants!r}"
        text = f"{one.file}:{one.line}  {one.format} {one.selector}  {said}"
    spaced = line("  ", mark, f" {one_line(text)}")
    if line_cells(spaced) <= look.width:
        yield spaced
    else:
        yield from wrapped(f"{mark.text} ", text, mark.tone, look)
    if one.hint:
        yield from wrapped("  hint: ", one.hint, Tone.FAINT, look)


def _advisories(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    known = standing.advisories
    waived = sum(bool(one.waived_until) for one in known.found)
    state: State = "failed" if len(known.found) > waived else "passed"
    if not known.asked:
        state, text = "not yet", "not known"
    else:
        there = f"{len(known.found) or 'none'} known"
        text = f"{there} ({', '.join(known.asked)})" + (f", {waived} waived" if waived else "")
    yield from _heading("Advisories", state, text, look)
    for one in known.found:
        yield from _advisory(one, look)
    if known.untold:
        text = f"tracked, but not told of by a source: {', '.join(known.untold)}"
        yield from wrapped("", text, Tone.PLAIN, look)
    for trouble in known.troubles:
        yield from wrapped("! ", trouble, Tone.ODD, look)


def _advisory(one: KnownAdvisory, look: Look) -> Iterator[Line]:
    facts = [
        one.severity,
        f"fixed in {one.fixed_in}" if one.fixed_in else "no fix named",
        f"waived until {one.waived_until}" if one.waived_until else "not waived",
    ]
    if not one.tracked:
        facts.append("not tracked")
    mark = _mark("passed" if one.waived_until else "failed", look)
    yield from wrapped(f"{mark.text} ", f"{one.id}: {', '.join(facts)}", mark.tone, look)


def _stage(stage: StageStanding, look: Look) -> Iterator[Line]:
    passed = sum(one.state == "passed" for one in stage.checks)
    text = f"{passed} of {count(len(stage.checks), 'check')} passed"
    if stage.remark:
        text += f" {look.dot} {stage.remark}"
    yield from _heading(stage.name.capitalize(), stage.state, text, look)
    widest = max(cells(one_line(one.area)) for one in stage.checks)
    column = min(widest, _AREA, max(look.width // 2, 16))
    for one in stage.checks:
        yield _check(one, stage.remark, column, look)


def _check(one: ChecklistItem, remark: str, column: int, look: Look) -> Line:
    title = pad(shorten(one_line(one.area), column, look.ellipsis), column)
    start = line("  ", _mark(one.state, look), f" {title}")
    detail = one.detail if one.detail and one.detail not in remark else ""
    moment = one.when[:16].replace("T", " ")
    dot = f" {look.dot} "
    room = look.width - line_cells(start) - 2
    aside = dot.join(filter(None, (one.state, moment, one_line(detail))))
    if cells(aside) > room:  # why is worth more than when
        aside = dot.join(filter(None, (one.state, one_line(detail))))
    return (*start, say(f"  {shorten(aside, room, look.ellipsis)}", Tone.FAINT))


def _next(standing: UpgradeStanding, look: Look) -> Iterator[Line]:
    step = standing.next
    label = pad("Next", _LABEL)
    if not step.command:
        yield from wrapped(label, step.why, Tone.STRONG, look, indent=0)
        return
    # A command stays whole on its line, to be copied.
    yield line(say(label, Tone.STRONG), say(step.command, Tone.BUSY))
    yield from wrapped(" " * _LABEL, step.why, Tone.FAINT, look, indent=0)
