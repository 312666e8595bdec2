"""What can be scanned, one file a kind of subject behind one contract (`…subjects.base`)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from runner.advisories.subjects.base import Subject

_HOMES = {
    "environment": ("runner.advisories.subjects.environment", "Environment"),
    "image": ("runner.advisories.subjects.image", "ImageSubject"),
    "lock": ("runner.advisories.subjects.lock", "Lock"),
    "requirements": ("runner.advisories.subjects.requirements", "Requirements"),
}
"""Where each kind of subject is: one line adds a kind."""


def make_subject(name: str, options: Mapping[str, str]) -> Subject:
    """Set up a subject; raises ValueError for options that do not go together."""
    module, constant = _HOMES[name]
    subject: Subject = getattr(import_module(module), constant)(**options)
    return subject
