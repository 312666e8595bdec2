"""``${{ a.b.c }}``: plain look-ups in texts, and their names as environment variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from runner.errors import RunnerError

T = TypeVar("T")

OPENING = "${{"
"""What every look-up begins with; there is no way to write it as plain text."""

LOOK_UP = re.compile(
    r"\$\{\{\s*([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)+)\s*\}\}", re.ASCII
)
"""A look-up; its name is group 1."""

Lookup: TypeAlias = Callable[[str], str | None]
"""Gives the value of a name, or None where there is none."""

_PREFIXES = {"release": "RELEASE", "vars": "VAR", "inputs": "INPUT", "run": "RUN"}
_IN_ENVIRONMENT = {"release.package", "release.version", "release.image"}


class LookUpError(RunnerError):
    """A look-up of a name that has no value."""


def find(text: str) -> tuple[str, ...]:
    """Give the names of all look-ups in a text, in order."""
    return tuple(LOOK_UP.findall(text)) if OPENING in text else ()


def malformed(text: str) -> bool:
    """Say whether a text opens a look-up that is none."""
    return text.count(OPENING) != len(find(text))


def resolve(text: str, lookup: Lookup) -> str:
    """Replace every look-up by its value, once; raises LookUpError for a name without one."""
    if OPENING not in text:
        return text
    return LOOK_UP.sub(lambda match: _value(match[1], lookup), text)


def _value(name: str, lookup: Lookup) -> str:
    value = lookup(name)
    if value is None:
        hint = "the step before it gave no such output" if name.startswith("steps.") else ""
        raise LookUpError(f"there is no value for ${{{{ {name} }}}}", hint=hint)
    return value


def resolve_deep(value: T, lookup: Lookup) -> T:
    """Resolve every text inside a value: frozen structs, dataclasses, tuples and mappings.

    Gives the same object where nothing changes; other types are left as they are.
    """
    return cast("T", _deep(value, lookup))


def _deep(value: Any, lookup: Lookup) -> Any:  # noqa: ANN401 - any value of any kind
    kind = type(value)
    if kind is str:
        return resolve(value, lookup)
    if kind is tuple:
        items = tuple(_deep(item, lookup) for item in value)
        return items if _differ(items, value) else value
    if kind is dict or isinstance(value, Mapping):
        entries = {name: _deep(item, lookup) for name, item in value.items()}
        return entries if _differ(entries.values(), value.values()) else value
    changes = {}
    for name in _fields_of(kind):
        old = getattr(value, name)
        new = _deep(old, lookup)
        if new is not old:
            changes[name] = new
    if not changes:
        return value
    if issubclass(kind, Struct):
        return replace(value, **changes)
    import dataclasses  # kinds of others may use them

    return dataclasses.replace(value, **changes)


def _differ(new: Iterable[object], old: Iterable[object]) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))


_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields_of(kind: type) -> tuple[str, ...]:
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = tuple(_named(kind))
    return names


def _named(kind: type) -> Iterable[str]:
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    import dataclasses

    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return (field.name for field in fields if field.init)


def variable(name: str) -> str:
    """Give the environment variable that holds the value of a look-up: ``RELEASE_VERSION``."""
    head, _, rest = name.partition(".")
    if head == "env":
        return rest
    if head == "steps":
        step, _, output = rest.partition(".outputs.")
        return _shout(f"STEP_{step}_{output}")
    return _shout(f"{_PREFIXES.get(head, head)}_{rest}")


def _shout(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()


def environment_names(values: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that the static values make, by variable.

    Of ``release.*`` package, version and image are in it, of ``vars.*`` and ``inputs.*`` all.
    """
    return {
        variable(name): value
        for name, value in values.items()
        if name in _IN_ENVIRONMENT or name.startswith(("vars.", "inputs."))
    }
