"""Texts under ``release`` in a playbook, set without touching any other byte of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from runner.playbook.document import parse
from runner.playbook.nodes import STR, canonical, child, pairs
from runner.release.spots import PinError, line_of

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._+-]*(?:[:/][A-Za-z0-9._+/-]+)*|\d+(?:\.\d+){2,}")
"""What needs no quotes, unless it is a word of YAML's own; ``1.10`` would become a number."""
_ANCHOR = "version"
"""New keys are written after it, for every release has it."""


def set_texts(text: str, values: Mapping[str, str], name: str) -> str:
    """Give a playbook with these keys of ``release``, which are added where they are not there.

    Quotes and comments stay. Raises PinError where a key is written in a way that cannot be changed
    so, and PlaybookInvalid where the text is no YAML; ``name`` is the file, for messages.
    """
    release = child(yaml.compose(text, Loader=yaml.SafeLoader), "release")
    if not isinstance(release, yaml.MappingNode):
        raise PinError(f"{name}: 'release' is no mapping", hint="write it as one")
    known = dict(pairs(release))
    edits = [
        _replaced(text, known[key], value, name) for key, value in values.items() if key in known
    ]
    new = {key: value for key, value in values.items() if key not in known}
    if new:
        edits.append(_added(text, release, new, name))
    changed = text
    for start, end, piece in sorted(edits, reverse=True):
        changed = changed[:start] + piece + changed[end:]
    _verify(text, changed, values, name)
    return changed


def _replaced(text: str, node: yaml.Node, value: str, name: str) -> tuple[int, int, str]:
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.ScalarNode) or node.style in {"|", ">"} or text[start] in "&!*":
        raise PinError(
            f"{name}:{line_of(text, start)}: is no plain text that can be changed",
            hint="write the value on the key's own line",
        )
    same = node.value == value and node.tag == STR
    return start, end, text[start:end] if same else _written(value, node.style)


def _written(value: str, style: str | None) -> str:
    """Write a text, in quotes where it had some or needs them."""
    plain = (
        _PLAIN.fullmatch(value)
        and yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False)) == STR  # type: ignore[no-untyped-call]
    )
    if plain and style is None:
        return value
    if style == "'":
        return f"'{value.replace(chr(39), chr(39) * 2)}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _added(
    text: str, release: yaml.MappingNode, values: Mapping[str, str], name: str
) -> tuple[int, int, str]:
    key, node = next(
        ((key, node) for key, node in release.value if key.value == _ANCHOR), (None, None)
    )
    if key is None or node is None:
        raise PinError(f"{name}: 'release' has no version", hint="state it")
    written = [f"{one}: {_written(value, None)}" for one, value in values.items()]
    if release.flow_style:
        at = node.end_mark.index
        return at, at, "".join(f", {one}" for one in written)
    found = re.compile(r"\r?\n|\Z").search(text, node.end_mark.index)
    assert found is not None  # noqa: S101 - every text has an end
    at, newline = found.start(), "\r\n" if "\r\n" in text else "\n"
    indent = " " * key.start_mark.column
    return at, at, "".join(f"{newline}{indent}{one}" for one in written)


def _verify(before: str, after: str, values: Mapping[str, str], name: str) -> None:
    """Refuse a change that says anything else than what it should."""
    wanted, found = (canonical(parse(one.encode(), name)) for one in (before, after))
    release = wanted.get("release") if isinstance(wanted, dict) else None
    if isinstance(release, dict):
        release |= {key: f"str:{value}" for key, value in values.items()}
    if wanted != found:
        raise PinError(
            f"{name}: 'release' is written in a way that cannot be changed safely",
            hint=f"set it by hand: {', '.join(f'{key}: {one!r}' for key, one in values.items())}",
        )
