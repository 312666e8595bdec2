"""``pyproject``: a dependency in ``pyproject.toml``: of PEP 621, of PEP 735, or of Poetry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from runner.model import Pin
from runner.release.spots import Format, PinError, Spot, line_of

# TOML 1.0: strings of four kinds, and comments; what is left is structure.
_TOKEN = re.compile(
    r"\"\"\".*?\"\"\"|'''.*?'''|\"(?P<basic>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<literal>[^'\r\n]*)'|#[^\r\n]*",
    re.DOTALL,
)
_REQUIREMENT = re.compile(
    r"[ \t]*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*(?:\[[^\]]*\])?[ \t]*"
    r"(?:\([ \t]*)?(?P<exact>={2,3}[ \t]*)?(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)?"
    r"(?P<rest>[^;]*)"
)
_KEY = re.compile(
    r"(?P<key>[A-Za-z0-9._-]+)[ \t]*=[ \t]*(?:\{(?:[^{}\r\n]*,)?[ \t]*version[ \t]*=[ \t]*)?$"
)
_POETRY = re.compile(r"={0,3}[ \t]*(?P<version>[0-9][A-Za-z0-9.!+_-]*)")


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the version in every string that requires the package.

    Raises PinError for what is no TOML, and for a dependency without one exact version.
    """
    wanted = _Wanted(_parsed(text, pin), canonicalize_name(pin.selector))
    spots = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup is None:
            continue
        value, (start, _) = token[token.lastgroup], token.span(token.lastgroup)
        if value in wanted.requirements:
            spots.append(_spot(text, start, _REQUIREMENT.match(value), pin))
        elif value in wanted.poetry and _is_named(text, token.start(), wanted.name):
            spots.append(_spot(text, start, _POETRY.fullmatch(value), pin))
    return tuple(spots)


def check(text: str, pin: Pin) -> None:
    """Raise PinError for what is no TOML."""
    _parsed(text, pin)


def _parsed(text: str, pin: Pin) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PinError(f"{pin.file}: no TOML: {error}", hint="mend the file") from error


class _Wanted:
    """The strings of the parsed file that require a package."""

    def __init__(self, document: dict[str, object], name: str) -> None:
        self.name = name
        self.requirements = {one for one in _strings(document) if _name(one) == name}
        poetry = _table(_table(document, "tool"), "poetry")
        groups = _table(poetry, "group").values()
        tables = [
            _table(poetry, "dependencies"),
            _table(poetry, "dev-dependencies"),
            *(_table(group, "dependencies") for group in groups),
        ]
        self.poetry = {one for table in tables for one in _versions(table, name)}


def _table(value: object, key: str) -> dict[str, object]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _strings(document: dict[str, object]) -> Iterator[str]:
    """Give every requirement of PEP 621, of PEP 735 and of the build."""
    project = _table(document, "project")
    lists = [
        project.get("dependencies"),
        *_table(project, "optional-dependencies").values(),
        *_table(document, "dependency-groups").values(),
        _table(document, "build-system").get("requires"),
    ]
    for one in lists:
        yield from (item for item in one if isinstance(item, str)) if isinstance(one, list) else ()


def _name(requirement: str) -> str:
    found = _REQUIREMENT.match(requirement)
    return canonicalize_name(found["name"]) if found else ""


def _versions(table: dict[str, object], name: str) -> Iterator[str]:
    for key, value in table.items():
        if canonicalize_name(key) == name:
            version = value.get("version") if isinstance(value, dict) else value
            if isinstance(version, str):
                yield version


def _is_named(text: str, at: int, name: str) -> bool:
    """Tell whether the string that begins there is the named key's."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    key = _KEY.search(line)
    return key is not None and canonicalize_name(key["key"]) == name


def _spot(text: str, start: int, found: re.Match[str] | None, pin: Pin) -> Spot:
    exact = found and found["version"] and not found.groupdict().get("rest", "").strip(" \t)")
    if found is None or not exact or found.groupdict().get("exact", "") is None:
        raise PinError(
            f"{pin.file}:{line_of(text, start)}: {pin.selector} is not pinned to one version",
            hint=f"write {pin.selector}==VERSION",
        )
    return Spot(start + found.start("version"), start + found.end("version"), pin.template)


FORMAT = Format("pyproject", find, check)
"""The format."""
