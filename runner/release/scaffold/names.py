"""What a package is called in files that are not about packages, and how a version looks there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

_VERSION = re.compile(
    r"(?P<before>[\^~]?v?)(?P<version>\d+(?:\.\d+)+(?:(?:a|b|rc|\.post|\.dev)\d+)?)(?P<after>-[\w.-]+)?"
)
_IMAGE = re.compile(r"(?P<image>[\w.-]+(?::\d+)?(?:/[\w.-]+)*):(?P<tag>\w[\w.-]*)")


def names_of(package: str) -> frozenset[str]:
    """Give the normalised names (PEP 503) of a package and of its image.

    ``apache-airflow`` is called ``airflow`` where its project is meant.
    """
    name = canonicalize_name(package)
    return frozenset({name, name.removeprefix("apache-"), name.removeprefix("python-")})


def template_of(value: str) -> tuple[str, str] | None:
    """Give template and version of a text that is a version with little around it."""
    found = _VERSION.fullmatch(value)
    if found is None:
        return None
    return f"{found['before']}{{version}}{found['after'] or ''}", found["version"]


def image_of(value: str, names: frozenset[str]) -> tuple[str, str] | None:
    """Give template and version of a reference to one of the images: ``example/app:v1.2``."""
    found = _IMAGE.fullmatch(value)
    if found is None or not is_image(found["image"], names):
        return None
    tagged = template_of(found["tag"])
    return (f"{found['image']}:{tagged[0]}", tagged[1]) if tagged else None


def is_image(image: str, names: frozenset[str]) -> bool:
    """Say whether an image without its tag is one of the package's."""
    return canonicalize_name(image.rpartition("/")[2]) in names


def is_version_key(key: str, names: frozenset[str]) -> bool:
    """Say whether a key holds the package's version: ``MLFLOW_VERSION``, ``mlflowVersion``."""
    return not names.isdisjoint(_meanings(key))


def _meanings(key: str) -> Iterator[str]:
    spaced = canonicalize_name(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", key))
    yield spaced
    yield spaced.removesuffix("-version")
    yield spaced.removesuffix("-tag")
