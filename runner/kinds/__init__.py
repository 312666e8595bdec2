"""The kinds of steps: those built in, and those that other distributions add.

A third party adds a kind by an entry point of the group ``upgrade_runner.kinds``, which is named
like the kind and points to a `runner.kinds.base.Kind`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from runner.errors import ExitCode, RunnerError
from runner.kinds.base import Kind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "upgrade_runner.kinds"
"""The entry-point group."""

_HOMES = {
    "command": ("runner.kinds.command", "COMMAND"),
    "pytest": ("runner.kinds.pytest", "PYTEST"),
    "http": ("runner.kinds.http", "HTTP"),
    "advisories": ("runner.kinds.advisories", "ADVISORIES"),
    "image": ("runner.kinds.image", "IMAGE"),
    "rehearsal": ("runner.kinds.rehearsal", "REHEARSAL"),
    "database": ("runner.kinds.database.kind", "DATABASE"),
}
"""Where each built-in kind is, imported only for a playbook that uses it."""


class Builtin(Mapping[str, Kind]):
    """The kinds of this package, by name."""

    def __getitem__(self, name: str) -> Kind:
        """Give a kind; raise KeyError for an unknown one."""
        module, constant = _HOMES[name]
        kind: Kind = getattr(import_module(module), constant)
        return kind

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(_HOMES)

    def __len__(self) -> int:
        """Count them."""
        return len(_HOMES)


BUILTIN = Builtin()
"""The registry: one line in `_HOMES` adds a kind."""


class KindError(RunnerError):
    """A third party's kind that cannot be used."""

    exit_code = ExitCode.INVALID


class Kinds(Mapping[str, Kind]):
    """Every kind by name.

    The installed distributions are searched only for a name that is not built in, or where all
    names are asked for; a third party's module is imported only when its kind is.
    """

    def __init__(self) -> None:
        """Know the built-in kinds; nothing is imported or searched yet."""
        self._loaded: dict[str, Kind] = {}
        self._entry_points: dict[str, EntryPoint] | None = None

    def __getitem__(self, name: str) -> Kind:
        """Give a kind; raise KeyError for an unknown one, KindError for a broken one."""
        if name not in self._loaded:
            here = name in BUILTIN
            self._loaded[name] = BUILTIN[name] if here else _load(self._third_party()[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Give the names, built-in ones first."""
        return iter((*BUILTIN, *self._third_party()))

    def __len__(self) -> int:
        """Count the kinds."""
        return len(BUILTIN) + len(self._third_party())

    def _third_party(self) -> dict[str, EntryPoint]:
        if self._entry_points is None:
            self._entry_points = _search()
        return self._entry_points


def load_kinds() -> Mapping[str, Kind]:
    """Give every kind; cheap, as third parties are looked for only when needed."""
    return Kinds()


def _search() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # reads every distribution

    found: dict[str, EntryPoint] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=_origin):
        name = entry_point.name
        if name in BUILTIN:
            raise KindError(
                f"{_origin(entry_point)} clashes with the built-in kind '{name}'",
                hint="uninstall that distribution, or ask its authors for another name",
            )
        if name in found and found[name].value != entry_point.value:
            raise KindError(
                f"{_origin(found[name])} and {_origin(entry_point)} both add the kind '{name}'",
                hint="uninstall one of the two distributions",
            )
        found[name] = entry_point
    return found


def _load(entry_point: EntryPoint) -> Kind:
    try:
        value = entry_point.load()
    except Exception as error:
        raise KindError(
            f"{_origin(entry_point)} cannot be loaded: {type(error).__name__}: {error}",
            hint="update or uninstall that distribution",
        ) from error
    if not isinstance(value, Kind) or value.name != entry_point.name:
        raise KindError(
            f"{_origin(entry_point)} is not a Kind named '{entry_point.name}'",
            hint="the entry point must point to a runner.kinds.base.Kind of the same name",
        )
    return value


def _origin(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist.name if entry_point.dist else "an unknown distribution"
    return f"{distribution}: entry point {entry_point.name} = {entry_point.value}"
