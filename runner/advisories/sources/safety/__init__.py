"""The source ``safety``: the scanner of that name, run in an environment of its own."""

from runner.advisories.sources.safety.source import Safety

__all__ = ["Safety"]
