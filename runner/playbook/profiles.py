"""Profiles: a mapping laid over the playbook, key by key, before anything is read."""

from __future__ import annotations

import yaml

from runner.playbook.findings import Findings
from runner.playbook.nodes import Pair, child, mapping, sequence
from runner.playbook.problems import did_you_mean
from runner.playbook.services import READINESS
from runner.playbook.stages import id_of

_ACTION = frozenset({"uses", "run", "steps"})
_SERVICE = frozenset({"run", "compose"})
_READY = frozenset(READINESS)
_DATABASE = frozenset({"url", "url_env"})


def lay_over(
    base: yaml.MappingNode, over: yaml.MappingNode, findings: Findings
) -> yaml.MappingNode:
    """Give the base with the overlay on it; nodes keep the place where they are written.

    Mappings merge by key; lists and scalars replace. Under a stage, a mapping merges with the
    checks by id. A key that excludes others (``compose`` and ``run``) drops them.
    """
    merged = _merge(base, over, (), findings)
    return merged if isinstance(merged, yaml.MappingNode) else base


def _merge(
    base: yaml.Node, over: yaml.Node, path: tuple[str, ...], findings: Findings
) -> yaml.Node:
    if isinstance(over, yaml.MappingNode):
        if isinstance(base, yaml.SequenceNode) and _is_stage(path):
            return _merge_checks(base, over, path, findings)
        if isinstance(base, yaml.MappingNode):
            return _merge_mappings(base, over, path, findings)
    return over


def _is_stage(path: tuple[str, ...]) -> bool:
    return len(path) == 2 and path[0] == "stages"  # noqa: PLR2004 - stages, NAME


def _merge_mappings(
    base: yaml.MappingNode, over: yaml.MappingNode, path: tuple[str, ...], findings: Findings
) -> yaml.MappingNode:
    theirs = {str(name.value): (name, item) for name, item in over.value}
    dropped = _excluded(base, over, path)
    entries: list[Pair] = []
    for name, item in base.value:
        word = str(name.value)
        if word in theirs:
            new_name, new_item = theirs.pop(word)
            if word not in dropped:
                new_item = _merge(item, new_item, (*path, word), findings)
            entries.append((new_name, new_item))
        elif word not in dropped:
            entries.append((name, item))
    entries.extend(theirs.values())
    return mapping(entries, base)


def _excluded(
    base: yaml.MappingNode, over: yaml.MappingNode, path: tuple[str, ...]
) -> frozenset[str]:
    """Give the keys of the base that the overlay's keys drop or replace as a whole."""
    match path:
        case ("services", _):
            group = _SERVICE
        case ("services", _, "ready"):
            group = _READY
        case ("services", _, "database") | ("stages", _, _, "with"):
            group = _DATABASE
        case ("advisories", "subject") | ("stages", _, _, "with", "subject"):
            # What is scanned is one thing, whichever it is.
            group = frozenset(str(name.value) for name, _ in (*base.value, *over.value))
        case ("stages", _, _):
            return _excluded_in_check(base, over)
        case _:
            return frozenset()
    given = {str(name.value) for name, _ in over.value} & group
    return group - given if given else frozenset()


def _excluded_in_check(base: yaml.MappingNode, over: yaml.MappingNode) -> frozenset[str]:
    given = {str(name.value) for name, _ in over.value} & _ACTION
    if not given:
        return frozenset()
    was, now = child(base, "uses"), child(over, "uses")
    if was is not None and now is not None and was.value == now.value:
        return frozenset()
    if "run" in given and child(base, "run") is not None:
        return frozenset()
    # Another action has other parameters, and other things to expect.
    dropped = (_ACTION - given) | {"with"}
    if isinstance(child(base, "expect"), yaml.MappingNode):
        dropped |= {"expect"}
    return frozenset(dropped)


def _merge_checks(
    base: yaml.SequenceNode, over: yaml.MappingNode, path: tuple[str, ...], findings: Findings
) -> yaml.SequenceNode:
    overlays = {str(name.value): (name, item) for name, item in over.value}
    checks: list[yaml.Node] = []
    known: list[str] = []
    for index, check in enumerate(base.value):
        known.append(id_of(check, index))
        laid = overlays.pop(known[-1], None)
        checks.append(check if laid is None else _merge(check, laid[1], (*path, "check"), findings))
    for word, (name, _) in overlays.items():
        message = f"there is no check '{word}' in this stage to lay it over"
        findings.add(name, ".".join((*path, word)), message, did_you_mean(word, known))
    return sequence(checks, base)
