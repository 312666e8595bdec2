"""The command line of a container engine: ``docker``, or ``podman`` where that is not there."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass

import msgspec

from runner.advisories.images.errors import ImageError, MissingImageError, trouble
from runner.advisories.images.image import TEMPLATE, Image, read_image
from runner.advisories.sources.base import Door, Ended, SourceError
from runner.advisories.tools import last_words

ENGINES = ("docker", "podman")
"""The engines that are known, in the order in which they are looked for."""
_ASK = 60.0
"""Seconds for a question to the engine; a busy daemon takes a while."""
_SEALED = (
    *("--network", "none", "--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - in the container
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pull", "never"),
)
"""How a command is run in an image: it reaches nothing, and leaves nothing."""
_DAEMON_SAID_NO = 125
"""Exit code of ``docker run`` and ``podman run`` where the container could not be made."""
_CANNOT_RUN = {126, 127}
"""Exit codes of both where its command could not be started, or of a shell in it."""


@dataclass(frozen=True)
class Client:
    """An engine that is there, and the door to it."""

    engine: str
    """``docker`` or ``podman``."""
    door: Door
    """Runs it."""

    def ask(self, *words: str, timeout: float | None = _ASK) -> bytes:
        """Give what a subcommand prints; raises ImageError."""
        ended = self._run(words, timeout)
        if ended.exit_code:
            raise trouble(self.engine, words, ended)
        return ended.stdout

    def inspect(self, reference: str) -> Image:
        """Look an image up that the engine has; raises MissingImageError where it has none."""
        words = ("image", "inspect", "--format", TEMPLATE, plain(reference))
        return read_image(reference, self.ask(*words))

    def pull(self, reference: str) -> None:
        """Fetch an image from its registry, which may take what is left of the step's time."""
        self.ask("pull", "--quiet", plain(reference), timeout=None)

    def published(self, reference: str) -> bool:
        """Say whether the reference's registry has it, without fetching it; raises ImageError."""
        try:
            printed = self.ask("manifest", "inspect", plain(reference))
        except MissingImageError:
            return False
        try:
            told = msgspec.json.decode(printed, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = {}
        if not told.keys() & {"config", "manifests", "layers", "fsLayers"}:
            raise ImageError(
                f"{self.engine} manifest inspect {reference}: it told no manifest",
                hint="`crane manifest` or `skopeo inspect` may tell more",
            )
        return True

    def run_in(self, image: Image, argv: tuple[str, ...], timeout: float | None = None) -> Ended:
        """Run a command in an image, by its id: without network, and without anything to write to.

        Its container is gone afterwards, also where it had to be ended. Raises ImageError where
        the command was not started.
        """
        name = f"upgrade-runner-{secrets.token_hex(8)}"
        words = ("run", "--rm", "--name", name, *_SEALED, "--entrypoint", argv[0], image.id)
        try:
            ended = self._run((*words, *argv[1:]), timeout)
        except ImageError:
            # The client that was ended is not the container.
            self.door.clean_up((self.engine, "rm", "--force", name))
            raise
        if ended.exit_code == _DAEMON_SAID_NO:
            raise trouble(self.engine, ("run", image.reference), ended)
        if ended.exit_code in _CANNOT_RUN:
            raise ImageError(
                f"{argv[0]} cannot be run in the image {image.reference}: {last_words(ended)}",
                hint="name a program that is on the image's own PATH, or its path there",
            )
        return ended

    def _run(self, words: tuple[str, ...], timeout: float | None) -> Ended:
        try:
            return self.door.run((self.engine, *words), timeout=timeout)
        except SourceError as error:
            raise ImageError(error.message, hint=error.hint) from error


def find_client(door: Door, engine: str = "") -> Client:
    """Give the engine that is named, or the first that is on the PATH; raises ImageError."""
    path = door.env.get("PATH", os.defpath)
    there = [name for name in ((engine,) if engine else ENGINES) if shutil.which(name, path=path)]
    if not there:
        raise ImageError(
            f"{engine} is not on the PATH" if engine else "neither docker nor podman is there",
            hint="install Docker Engine or podman (Debian: apt-get install podman)",
        )
    return Client(there[0], door)


def plain(reference: str) -> str:
    """Refuse what an engine would take for an option; raises ImageError."""
    if not reference or reference.startswith("-") or not reference.isprintable():
        raise ImageError(
            f"{reference!r} is no reference of an image",
            hint="write it as the engine does: registry/name:tag, or name@sha256:…",
        )
    return reference
