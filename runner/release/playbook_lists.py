"""The list of tracked advisories in a playbook, set without touching the lines that stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from runner.playbook.document import parse
from runner.playbook.nodes import canonical, child, pairs
from runner.release.spots import PinError, line_of

_KEY = "cves"


def set_cves(text: str, cves: Sequence[str], name: str) -> str:
    """Give a playbook with these ids as ``release.cves``; lines of ids that stay keep comments.

    Raises PinError where the list is written in a way that cannot be changed so; ``name`` is the
    file, for messages.
    """
    release = child(yaml.compose(text, Loader=yaml.SafeLoader), "release")
    known = dict(pairs(release)) if isinstance(release, yaml.MappingNode) else {}
    node = known.get(_KEY)
    if node is None:
        changed = _added(text, known, cves, name) if cves else text
    elif not isinstance(node, yaml.SequenceNode) or text[node.start_mark.index] in "&!*":
        line = line_of(text, node.start_mark.index)
        raise PinError(f"{name}:{line}: 'cves' is no plain list", hint="write it as one")
    elif [one.value for one in node.value] == list(cves):
        return text
    else:
        start, end, piece = _replaced(text, node, cves)
        changed = text[:start] + piece + text[end:]
    _verify(text, changed, cves, name)
    return changed


def _replaced(text: str, node: yaml.SequenceNode, cves: Sequence[str]) -> tuple[int, int, str]:
    start, end = node.start_mark.index, node.end_mark.index
    if node.flow_style:
        return start, end, _flow(cves)
    end = _line_end(text, node.value[-1].end_mark.index)
    indent = " " * node.start_mark.column
    newline = "\r\n" if "\r\n" in text else "\n"
    if not cves:
        # The list's own lines go, and the empty one stands beside the key.
        start = len(text[:start].rstrip())
        while (line := text.rfind("\n", 0, start) + 1) and text[line:start].lstrip()[:1] == "#":
            start = len(text[:line].rstrip())
        return start, end, " []"
    kept = {
        one.value: text[one.start_mark.index : _line_end(text, one.end_mark.index)]
        for one in node.value
    }
    return start, end, f"{newline}{indent}".join(f"- {kept.get(one, one)}" for one in cves)


def _line_end(text: str, index: int) -> int:
    found = re.compile(r"\r?\n|\Z").search(text, index)
    assert found is not None  # noqa: S101 - every text has an end
    return found.start()


def _flow(cves: Sequence[str]) -> str:
    return f"[{', '.join(cves)}]"


def _added(text: str, known: dict[str, yaml.Node], cves: Sequence[str], name: str) -> str:
    after = known.get("version")
    if after is None:
        raise PinError(f"{name}: 'release' has no version", hint="state it")
    line = text.rfind("\n", 0, after.start_mark.index) + 1
    indent = text[line : after.start_mark.index].partition("version")[0]
    if indent.strip():
        raise PinError(f"{name}: 'release' has no 'cves'", hint="add an empty list: cves: []")
    at, newline = _line_end(text, after.end_mark.index), "\r\n" if "\r\n" in text else "\n"
    return f"{text[:at]}{newline}{indent}{_KEY}: {_flow(cves)}{text[at:]}"


def _verify(before: str, after: str, cves: Sequence[str], name: str) -> None:
    wanted, found = (canonical(parse(one.encode(), name)) for one in (before, after))
    for one in (wanted, found):
        release = one.get("release") if isinstance(one, dict) else None
        if isinstance(release, dict):
            release.pop(_KEY, None)
    has = child(child(yaml.compose(after, Loader=yaml.SafeLoader), "release"), _KEY)
    values = [one.value for one in has.value] if isinstance(has, yaml.SequenceNode) else []
    if wanted != found or values != list(cves):
        raise PinError(
            f"{name}: 'release.cves' is written in a way that cannot be changed safely",
            hint=f"set it by hand: {_flow(cves)}",
        )
