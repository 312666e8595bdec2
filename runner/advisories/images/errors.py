"""What a container engine answers instead of what it was asked, and how that may be mended."""

from __future__ import annotations

from runner.advisories.sources.base import Ended
from runner.advisories.tools import last_words
from runner.errors import RunnerError

_MISSING = (
    "no such image",  # docker image inspect
    "no such object",  # docker inspect
    "image not known",  # podman
    "no such container",
    "no such manifest",  # docker manifest inspect
    "manifest unknown",  # a registry (OCI Distribution Specification 1.1, "Error Codes")
    "name unknown",
)
"""What docker 20.10 and 28, podman 4 and registries say of what is not there."""
_NO_DAEMON = (
    "cannot connect to the docker daemon",  # docker 20.10
    "failed to connect to the docker api",  # docker 29
    "couldn't connect to docker daemon",  # docker-compose 1.29
    "server api version: ('connection aborted.', filenotfounderror",  # the same, as Debian has it
    "server api version: ('connection aborted.', connectionrefusederror",
)
_REFUSED = (
    "permission denied while trying to connect",
    "server api version: ('connection aborted.', permissionerror",
)
_TAKEN = ("address already in use", "port is already allocated")
_START = "start it (`systemctl start docker`), or name one that runs in DOCKER_HOST"
_JOIN = (
    "add the user to the group 'docker' and log in again, use podman or rootless Docker, or name "
    "another daemon in DOCKER_HOST"
)


class ImageError(RunnerError):
    """An engine that is not there, does not answer, or cannot do what it was asked."""


class MissingImageError(ImageError):
    """The engine has answered: there is no such image, or no such container."""


def trouble(engine: str, words: tuple[str, ...], ended: Ended) -> ImageError:
    """Say what kept an engine from its answer; ``words`` are its subcommand."""
    said = last_words(ended)
    # What counts may stand before the words that are shown: the address of a request is long.
    whole = (ended.stderr.strip() or ended.stdout).decode("utf-8", "replace")
    asked = f"{engine} {' '.join(words[:2])}"
    if _has(whole, _MISSING):
        return MissingImageError(f"{asked}: {said}")
    if _has(whole, _REFUSED):
        return ImageError(f"{asked}: this user may not talk to the daemon: {said}", hint=_JOIN)
    if _has(whole, _NO_DAEMON):
        return ImageError(f"{asked}: no daemon answers: {said}", hint=_START)
    return ImageError(f"{asked}: {said}", hint=f"`{engine} info` tells whether the engine is well")


def mend(said: str) -> str:
    """Give the mend for what an engine, or Compose on its behalf, has said; empty for the rest."""
    if _has(said, _REFUSED):
        return _JOIN
    if _has(said, _NO_DAEMON):
        return _START
    if _has(said, _TAKEN):
        return "stop what holds the port, or give the service another one"
    if _has(said, (*_MISSING, "pull access denied", "pulling ")):
        return "build the image, or let this machine reach its registry; is the tag right?"
    return ""


def _has(said: str, words: tuple[str, ...]) -> bool:
    low = said.lower()
    return any(one in low for one in words)
