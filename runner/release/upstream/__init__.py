"""Who knows of newer versions: one file each behind one contract (`…upstream.base`)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from runner.release.upstream.base import Source

INDEX = "index"
"""The one without which there are no candidates."""

_HOMES: Mapping[str, tuple[str, str]] = {
    INDEX: ("runner.release.upstream.index", "INDEX"),
    "releases": ("runner.release.upstream.releases", "RELEASES"),
    "dependabot": ("runner.release.upstream.dependabot", "DEPENDABOT"),
}
"""Where each upstream is: one line adds one."""

NAMES = tuple(_HOMES)
"""In the order in which they are asked."""


def source(name: str) -> Source:
    """Give an upstream by its name."""
    module, constant = _HOMES[name]
    found: Source = getattr(import_module(module), constant)
    return found
