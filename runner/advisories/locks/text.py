"""``locks/before.txt`` and ``locks/after.txt``: an inventory as a requirement file."""

from __future__ import annotations

import re
from typing import cast, get_args

from runner.advisories.inventory import Inventory, Method
from runner.advisories.subjects.base import SubjectError, component, listing
from runner.advisories.tools import harmless

_FIELDS = ("subject", "method", "python", "origin")
_HEAD = re.compile(r"# (?P<name>[a-z]+): (?P<value>.*)")
_HINT = "it is a list of this dossier, changed by hand or cut; record it anew"


def render(inventory: Inventory) -> bytes:
    """Give the text: what is not empty of the inventory as remarks, then a package a line.

    There is no date in it: equal inventories give equal bytes.
    """
    told = {name: harmless(getattr(inventory, name)) for name in _FIELDS}
    head = [f"# {name}: {value}" for name, value in told.items() if value]
    body = [f"{one.name}=={one.version}" for one in inventory.components]
    return ("\n".join([*head, *body]) + "\n").encode()


def parse(data: bytes) -> Inventory:
    """Read what `render` has written; raises SubjectError."""
    told = dict.fromkeys(_FIELDS, "")
    found = []
    try:
        for line in data.decode().splitlines():
            if match := _HEAD.fullmatch(line):
                told[match["name"]] = match["value"]
                continue
            name, equals, version = line.partition("==")
            if not equals:
                raise ValueError(f"{line[:80]!r} is no package at a version")  # noqa: TRY301
            found.append(component(name, version))
    except ValueError as error:
        raise SubjectError(f"the list of packages cannot be read: {error}", hint=_HINT) from error
    if told["method"] not in get_args(Method):
        raise SubjectError("the list of packages does not say its method", hint=_HINT)
    method = cast(Method, told["method"])
    return listing(told["subject"], method, found, python=told["python"], origin=told["origin"])
