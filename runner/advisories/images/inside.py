"""A door that leads into an image, for what is asked of programs in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.images.client import Client
from runner.advisories.images.errors import ImageError
from runner.advisories.images.image import Image
from runner.advisories.sources.base import Ended, SourceError


@dataclass(frozen=True)
class Inside:
    """A door whose processes run in an image."""

    client: Client
    """The engine."""
    image: Image
    """Where they run."""

    @property
    def repository(self) -> Path:
        """The folder that relative paths are meant from, which no process in the image sees."""
        return self.client.door.repository

    @property
    def scratch(self) -> Path:
        """A folder of this run, which no process in the image sees."""
        return self.client.door.scratch

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of the engine's client; that of the image is its own."""
        return self.client.door.env

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        """Run a process in the image, with its environment and no other; raises SourceError."""
        del env
        try:
            return self.client.run_in(self.image, argv, timeout)
        except ImageError as error:
            raise SourceError(error.message, hint=error.hint) from error

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process beside the image."""
        self.client.door.clean_up(argv)

    def log(self, text: str) -> None:
        """Append lines to the log of the check."""
        self.client.door.log(text)

    def keep(self, name: str, content: bytes) -> None:
        """Keep a raw report as evidence."""
        self.client.door.keep(name, content)
