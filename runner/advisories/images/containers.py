"""Which container answers: told by the port that it publishes, or by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from runner.advisories.images.client import Client, plain
from runner.advisories.images.errors import ImageError, MissingImageError


@dataclass(frozen=True)
class Container:
    """A container that runs."""

    name: str
    """Its name, or its id where it has none."""
    image: str
    """The id of the image that it was made of, with ``sha256:`` before it."""
    reference: str = ""
    """The image's name at that time; it may name another image by now."""


_TEMPLATE = (
    '{"id":"{{.Id}}","name":{{json .Name}},"image":"{{.Image}}","reference":{{json .Config.Image}},'
    '"running":{{json .State.Running}},"ports":{{json .NetworkSettings.Ports}}}'
)
"""What an engine is asked of a container (Docker Engine API 1.41, ContainerInspect; podman uses the
same names). Its environment is left out: passwords stand there."""


class _Place(msgspec.Struct, frozen=True):
    port: str = msgspec.field(name="HostPort", default="")


class _Inspected(msgspec.Struct, frozen=True):
    """What the template gives."""

    id: str
    name: str
    image: Annotated[str, Meta(pattern="^(?:sha256:)?[0-9a-f]{64}$")]
    reference: str
    running: bool
    ports: dict[str, tuple[_Place, ...] | None] | None


def by_name(client: Client, name: str) -> Container | None:
    """Give a container that runs, by its name or id; None where there is none such."""
    try:
        found = _inspect(client, (plain(name),))
    except MissingImageError:
        return None
    return next((_container(one) for one in found if one.running), None)


def by_port(client: Client, port: int) -> Container | None:
    """Give the container that publishes a TCP port of this machine; None where none does."""
    ids = client.ask("ps", "--quiet", "--no-trunc").decode("ascii", "replace").split()
    found = _inspect(client, tuple(ids)) if ids else ()
    return next((_container(one) for one in found if _publishes(one, str(port))), None)


def _inspect(client: Client, names: tuple[str, ...]) -> tuple[_Inspected, ...]:
    printed = client.ask("container", "inspect", "--format", _TEMPLATE, *names)
    try:
        return tuple(msgspec.json.decode(line, type=_Inspected) for line in printed.splitlines())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ImageError(
            f"what {client.engine} tells of its containers cannot be read: {error}",
            hint="is it docker 20.10 or newer, or podman 4 or newer?",
        ) from error


def _publishes(one: _Inspected, port: str) -> bool:
    return any(
        place.port == port
        for inside, places in (one.ports or {}).items()
        if inside.endswith("/tcp")
        for place in places or ()
    )


def _container(one: _Inspected) -> Container:
    image = f"sha256:{one.image.removeprefix('sha256:')}"
    return Container(one.name.removeprefix("/") or one.id, image, one.reference)
