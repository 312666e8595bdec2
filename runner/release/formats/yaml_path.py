"""``yaml_path``: a scalar in YAML: Compose, Kubernetes, Helm values, and any other."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from runner.model import Pin
from runner.release.formats.paths import Part, Where, parts_of
from runner.release.spots import Format, PinError, Spot, line_of


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the scalar's text, quotes left out, in every document that has the path.

    Raises PinError for what is no YAML, and for a scalar with escapes or over several lines.
    """
    parts = parts_of(pin)
    nodes = [found for document in _documents(text, pin) for found in _walk(document, parts)]
    return tuple(_spot(text, node, pin) for node in nodes)


def check(text: str, pin: Pin) -> None:
    """Raise PinError for what is no YAML any more."""
    _documents(text, pin)


def _documents(text: str, pin: Pin) -> list[yaml.Node]:
    # The loader in Python: its marks count characters. Nothing is constructed, only composed, so
    # neither tags nor aliases can do harm.
    try:
        return list(yaml.compose_all(text, yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{pin.file}:{mark.line + 1}" if mark else pin.file
        trouble = getattr(error, "problem", None) or "too deep"
        raise PinError(f"{place}: no YAML: {trouble}", hint="mend the file") from error


def _walk(node: yaml.Node, parts: tuple[Part, ...]) -> Iterator[yaml.Node]:
    if not parts:
        yield node
        return
    for child in _children(node, parts[0]):
        yield from _walk(child, parts[1:])


def _children(node: yaml.Node, part: Part) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for key, value in node.value if isinstance(part, str) and key.value == part]
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int):
            return list(node.value[part : part + 1])
        if isinstance(part, Where):
            return [one for one in node.value if _has(one, part)]
    return []


def _has(node: yaml.Node, where: Where) -> bool:
    return any(value.value == where.value for value in _children(node, where.key))


def _spot(text: str, node: yaml.Node, pin: Pin) -> Spot:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in {"'", '"'}:
        start, end = start + 1, end - 1
    if not isinstance(node, yaml.ScalarNode) or text[start:end] != node.value:
        raise PinError(
            f"{pin.file}:{line_of(text, start)}: {pin.selector} is no simple scalar",
            hint="write it on one line without escapes, or pin it with a regex",
        )
    return Spot(start, end, pin.template)


FORMAT = Format("yaml_path", find, check)
"""The format."""
