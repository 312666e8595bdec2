"""``image.json``: which image the release is, as a later reader can find it again."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from runner.advisories.document_shapes import Known, Shape, as_json, schema_of
from runner.advisories.images.image import Image

NAME = "image.json"
"""Path in the dossier."""
Digest: TypeAlias = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
"""A digest as engines and registries write it (OCI Image Format Specification 1.1, "Digests")."""


class ImageDocument(Shape, frozen=True):
    """The release's image, as the engine had it."""

    format: Literal["upgrade-runner/image/1"]
    """Names this format."""
    reference: str
    """As the playbook names it."""
    digest: Digest
    """Of its manifest where it came from a registry under this name, else its id."""
    id: Digest
    """Of its configuration: the same wherever the image is."""
    version: Known
    """What a command in it told; null where none was asked."""
    labels: dict[str, str]
    """By name."""
    user: str
    """Whom its processes run as; empty for root."""
    size: Annotated[int, Meta(ge=0)]
    """Bytes of its layers, unpacked."""
    created: Known
    """When it was built, ISO 8601."""
    platform: Known
    """Operating system and architecture: ``linux/amd64``."""
    engine: Literal["docker", "podman"]
    """Who told."""
    commit: Known
    """Of the repository when it was looked at."""


def document(image: Image, engine: str, version: str, commit: str) -> bytes:
    """Give the document of an image as JSON; what is not known is an empty text."""
    return as_json(
        ImageDocument(
            format="upgrade-runner/image/1",
            reference=image.reference,
            digest=image.digest,
            id=image.id,
            version=version or None,
            labels=dict(sorted(image.labels.items())),
            user=image.user,
            size=image.size,
            created=image.created or None,
            platform=image.platform or None,
            engine="podman" if engine == "podman" else "docker",
            commit=commit or None,
        )
    )


def version_of(image: Image, data: bytes | None) -> str:
    """Give the version that an earlier document tells of the same image, or nothing."""
    try:
        known = msgspec.json.decode(data or b"null", type=ImageDocument | None)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return known.version or "" if known is not None and known.id == image.id else ""


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of ``image.json``."""
    return schema_of(ImageDocument, "urn:upgrade-runner:image:1", "The image of a release")
