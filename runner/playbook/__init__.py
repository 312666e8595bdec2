"""Playbooks: from YAML to frozen, typed values, or to every problem at once.

What is exported here is imported when it is first used, so that naming this package costs
nothing. The classes within are structs of msgspec: there are more than fifty, and at each start a
frozen dataclass takes a third of a millisecond to define, thirty times as long.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.playbook.discovery import discover
    from runner.playbook.kinds import KindSpec
    from runner.playbook.loader import load
    from runner.playbook.problems import PlaybookInvalid, Problem
    from runner.playbook.published import definition_schema, schema

__all__ = [
    "KindSpec",
    "PlaybookInvalid",
    "Problem",
    "definition_schema",
    "discover",
    "load",
    "schema",
]

_HOMES = {
    "KindSpec": "kinds",
    "PlaybookInvalid": "problems",
    "Problem": "problems",
    "definition_schema": "published",
    "discover": "discovery",
    "load": "loader",
    "schema": "published",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
