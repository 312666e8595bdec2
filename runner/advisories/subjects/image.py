"""``image``: what is installed in a container image, by the answer of the interpreter in it.

The image is looked up once, and by its id from then on: what is scanned cannot become another
image while it is scanned, and the list says which one it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.advisories.images.client import find_client
from runner.advisories.images.errors import MissingImageError
from runner.advisories.images.image import Image
from runner.advisories.images.inside import Inside
from runner.advisories.inventory import Inventory
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, listing
from runner.advisories.subjects.environment import compare, components
from runner.advisories.subjects.interpreter import carried, installed, interpreter
from runner.advisories.subjects.lock import Lock


@dataclass(frozen=True)
class ImageSubject:
    """The packages of an image that the engine has; the image's own entry point is not run."""

    reference: str
    """The image, as the engine knows it: ``forgetrace/mlflow:v3.17.2``."""
    lock: str = ""
    """Path of the release's lock in the repository; where named, exactly it must be installed."""
    python: str = "python"
    """The interpreter in the image: a name on its PATH, or a path."""
    engine: str = ""
    """``docker`` or ``podman``; empty for the one that is there."""

    def describe(self) -> str:
        """Say what would be read."""
        held = f", held against {self.lock}" if self.lock else ""
        return f"the image {self.reference}{held}"

    def inventory(self, door: Door, base: str = "") -> Inventory:
        """List what is installed; at a git ref, what the lock says there.

        Raises SubjectError, and ImageError where the engine does not answer.
        """
        if base and not self.lock:
            raise SubjectError(
                f"the image {self.reference} is not part of {base}: only files are",
                hint="name its lock under 'lock', or leave the base out",
            )
        inside = self._inside(door)
        target = interpreter(self.python, inside, carried())
        lock = Lock(self.lock)
        if base:
            return lock.held_for(target, door, base)
        found = components(installed(self.python, inside, carried()), door)
        subject = _named(inside.image)
        if self.lock:
            compare(subject, lock.held_for(target, door), found)
        listed = listing(subject, "image", found, python=target.version)
        return replace(listed, image=self.reference, digest=inside.image.digest)

    def _inside(self, door: Door) -> Inside:
        client = find_client(door, self.engine)
        try:
            return Inside(client, client.inspect(self.reference))
        except MissingImageError as error:
            raise SubjectError(
                f"there is no image {self.reference} to scan: {error.message}",
                hint=f"build it, or fetch it: {client.engine} pull {self.reference}",
            ) from error


def _named(image: Image) -> str:
    return f"the image {image.reference} ({image.digest})"
