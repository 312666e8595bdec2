"""An image as ``docker image inspect`` and ``podman image inspect`` tell of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from runner.advisories.images.errors import ImageError

_SHA256 = "sha256:"
_OFFICIAL = "library/"
"""The namespace that a name of one component is short for."""


@dataclass(frozen=True)
class Image:
    """An image that an engine has."""

    reference: str
    """As it was asked for."""
    id: str
    """SHA-256 of its configuration, with ``sha256:`` before it: the same on every machine."""
    digest: str
    """That of its manifest where it came from a registry under this name, else its id."""
    digests: tuple[str, ...]
    """Every digest that it is known by, its id among them, in order."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """By name."""
    user: str = ""
    """Whom its processes run as: a name or number, with a group after ``:``; empty for root."""
    size: int = 0
    """Bytes of its layers, unpacked."""
    created: str = ""
    """When it was built, ISO 8601."""
    platform: str = ""
    """``linux/amd64``."""


TEMPLATE = (
    '{"id":"{{.Id}}","size":{{json .Size}},"digests":{{json .RepoDigests}},'
    '"tags":{{json .RepoTags}},"created":{{json .Created}},'
    '"os":{{json .Os}},"architecture":{{json .Architecture}},'
    '"labels":{{json .Config.Labels}},"user":{{json .Config.User}}}'
)
"""What an engine is asked of an image (Docker Engine API 1.41, ImageInspect; podman uses the same
names). Its environment is left out: what stands there is for nobody's log."""


class _Inspected(msgspec.Struct, frozen=True):
    """What the template gives."""

    id: Annotated[str, Meta(pattern="^(?:sha256:)?[0-9a-f]{64}$")]
    size: int
    digests: tuple[str, ...] | None
    tags: tuple[str, ...] | None
    created: str | None
    os: str
    architecture: str
    labels: dict[str, str] | None
    user: str


def read_image(reference: str, printed: bytes) -> Image:
    """Read what an engine printed of one image; raises ImageError."""
    try:
        one = msgspec.json.decode(printed, type=_Inspected)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ImageError(
            f"what the engine tells of {reference} cannot be read: {error}",
            hint="is it docker 20.10 or newer, or podman 4 or newer?",
        ) from error
    own = _SHA256 + one.id.removeprefix(_SHA256)
    known = dict(_split(one.digests or ()))
    tagged = {named(tag) for tag in one.tags or ()}
    return Image(
        reference=reference,
        id=own,
        digest=_digest_of(named(reference), known, tagged) or own,
        digests=tuple(sorted({own, *known.values()})),
        labels=one.labels or {},
        user=one.user,
        size=one.size,
        created=one.created or "",
        platform="/".join(part for part in (one.os, one.architecture) if part),
    )


@dataclass(frozen=True)
class Name:
    """What a reference names: neither tag nor digest is part of it."""

    domain: str
    """The registry, or empty where the reference leaves it out."""
    path: str
    """Of the repository there."""

    def fits(self, other: Name) -> bool:
        """Say whether one of the two may be what an engine makes of the other.

        Docker leaves the domain of its default registry out, podman writes it out, and
        ``localhost`` before what was built here.
        """
        short, full = self.path.removeprefix(_OFFICIAL), other.path.removeprefix(_OFFICIAL)
        return bool(self.domain) != bool(other.domain) and short == full


def named(reference: str) -> Name:
    """Take a reference apart.

    Its first component is a domain where it has a dot or a port, or is ``localhost``
    (distribution/reference, `splitDockerDomain`).
    """
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or {".", ":"} & {*first}):
        return Name(first, rest)
    return Name("", name)


def _split(digests: Iterable[str]) -> Iterable[tuple[Name, str]]:
    for text in digests:
        name, at, digest = text.partition("@")
        if at and digest.startswith(_SHA256):
            yield named(name), digest


def _digest_of(name: Name, known: Mapping[Name, str], tagged: Collection[Name]) -> str:
    """Give the digest that a registry has an image under; empty where there is not exactly one."""
    if name in known or name in tagged:  # the engine knows it by just this name
        return known.get(name, "")
    found = {digest for other, digest in known.items() if name.fits(other)}
    return found.pop() if len(found) == 1 else ""
