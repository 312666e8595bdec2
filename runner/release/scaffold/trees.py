"""Places in YAML and JSON that hold the version of a package or its image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from runner.model import Pin
from runner.release.scaffold.names import image_of, is_image, is_version_key, template_of

Seen: TypeAlias = tuple[Pin, str]
"""A pin, and the version that stands there."""

_PLAIN = re.compile(r"[^.\[\]\"]+")
_NAMED = re.compile(r"[^\[\]=]+")
_DEEPEST = 40


def in_yaml(file: str, text: str, names: frozenset[str]) -> Iterator[Seen]:
    """Give the places in every document; nothing where it is no YAML, as a template is not."""
    try:
        documents = list(yaml.compose_all(text, yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return
    for document in documents:
        for path, template, version in _places(_plain(document), "", names):
            yield Pin(file, "yaml_path", path, template=template), version


def in_json(file: str, text: str, names: frozenset[str]) -> Iterator[Seen]:
    """Give the places in a JSON document; nothing where it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    for path, template, version in _places(document, "", names):
        yield Pin(file, "json_path", path, template=template), version


def _plain(node: yaml.Node | None, depth: int = 0) -> object:
    """Give keys and scalars as they are written; what is too deep is left out."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value, depth + 1) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, depth + 1) for one in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else None


def _places(value: object, path: str, names: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            if (step := _step(str(key))) is None:
                continue
            below = f"{path}.{step}" if path else step
            if isinstance(child, str) and (found := _held(value, str(key), child, names)):
                yield (below, *found)
            else:
                yield from _places(child, below, names)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _places(child, f"{path}{_element(value, index)}", names)


def _held(
    around: dict[str, object], key: str, value: str, names: frozenset[str]
) -> tuple[str, str] | None:
    """Give template and version where a value is the package's version or image."""
    if found := image_of(value, names):
        return found
    repository = around.get("repository") or around.get("image")
    beside = key == "tag" and isinstance(repository, str) and is_image(repository, names)
    chart = key == "appVersion" and is_version_key(str(around.get("name", "")), names)
    return template_of(value) if beside or chart or is_version_key(key, names) else None


def _step(key: str) -> str | None:
    if _PLAIN.fullmatch(key):
        return key
    return None if '"' in key or not key else f'"{key}"'


def _element(items: list[object], index: int) -> str:
    """Name an element by its name where that is its own, for its place may change."""
    found = [one.get("name") if isinstance(one, dict) else None for one in items]
    name = found[index]
    if isinstance(name, str) and found.count(name) == 1 and _NAMED.fullmatch(name):
        return f"[name={name}]"
    return f"[{index}]"
