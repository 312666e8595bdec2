"""The sources of findings, one file each behind one contract (`runner.advisories.sources.base`)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from runner.advisories.sources.base import Source

_HOMES = {
    "osv": ("runner.advisories.sources.osv", "Osv"),
    "osv-api": ("runner.advisories.sources.osv_api", "OsvApi"),
    "pip-audit": ("runner.advisories.sources.pip_audit", "PipAudit"),
    "safety": ("runner.advisories.sources.safety", "Safety"),
}
"""Where each source is, imported only for a playbook that names it: one line adds a source."""

NAMES = tuple(_HOMES)
"""The sources that a playbook can name."""


def make_source(name: str, options: Mapping[str, str]) -> Source:
    """Set up a source; raises ValueError for options that do not go together."""
    module, constant = _HOMES[name]
    source: Source = getattr(import_module(module), constant)(**options)
    return source
