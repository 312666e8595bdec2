"""Upgrade Runner: upgrade a pinned dependency, and prove it."""

__version__ = "0.1.0"
