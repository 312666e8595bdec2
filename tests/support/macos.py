"""macOS, as far as the runner's own code can tell: without what only Linux has."""

from __future__ import annotations

import os
import sys

import pytest

from runner.engine import tree

_LINUX_ONLY = ("fdatasync", "pidfd_open", "waitid")
"""Functions of `os` that Python has on Linux, and not (before 3.13) on macOS."""


def as_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the subreaper, pidfds, /proc and the rest, for one test."""
    monkeypatch.setattr(sys, "platform", "darwin")
    for name in _LINUX_ONLY:
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setattr(tree, "_THREADS", "/nowhere")
