"""Sightings: every place of a repository that repeats the version of a package."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from msgspec.structs import replace
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from runner.model import Pin
from runner.release.formats import FORMATS, spots_of
from runner.release.scaffold.names import is_image, is_version_key, names_of, template_of
from runner.release.scaffold.trees import Seen, in_json, in_yaml
from runner.release.spots import PinError, line_of

_ARG = re.compile(r"(?im)^[ \t]*ARG[ \t]+(?P<name>\w+)=[\"']?(?P<value>[^\s\"']+)")
_FROM = re.compile(
    r"(?im)^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(?P<image>\S+):(?P<tag>\w[\w.-]*)"
)
_VARIABLE = re.compile(r"(?m)^[ \t]*(?:variable[ \t]+\"(?P<block>\w+)\"|(?P<name>\w+)[ \t]*=)")
_ROW = re.compile(r"(?m)^[ \t]*\|?(?P<first>[^|\r\n]+)\|")


@dataclass(frozen=True)
class Sighting:
    """A pin that is there, with the version that stands in it."""

    pin: Pin
    """As a playbook would declare it."""
    version: str
    """What stands there."""
    line: int
    """Of its first place."""


@dataclass(frozen=True)
class Sightings:
    """What a repository tells of a package."""

    version: str = ""
    """The version that most places repeat, the newest of several; empty where none was seen."""
    pins: tuple[Sighting, ...] = ()
    """The places that repeat it, in the order of files."""
    others: tuple[Sighting, ...] = ()
    """Places with another version."""
    notes: tuple[str, ...] = ()
    """Places that name the package and cannot be pinned, with the mend."""


def sight(package: str, files: Mapping[PurePosixPath, str]) -> Sightings:
    """Look for a package in the texts of files."""
    notes: list[str] = []
    found = [
        one
        for path, text in files.items()
        for one in _checked(text, _seen(path, text, package, notes))
    ]
    if not found:
        return Sightings(notes=tuple(notes))
    counted = Counter(one.version for one in found)
    version = max(counted, key=lambda one: (counted[one], _order(one)))
    rows = [
        one
        for path, text in files.items()
        for one in _checked(text, _rows(path, text, package, version))
    ]
    same = [one for one in [*found, *rows] if one.version == version]
    others = tuple(one for one in found if one.version != version)
    return Sightings(version, tuple(same), others, tuple(notes))


def pinned(files: Mapping[PurePosixPath, str]) -> dict[str, str]:
    """Give the packages that requirement files and projects pin to one version."""
    line = re.compile(
        r"(?m)^[ \t]*[\"']?(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?[ \t]*"
        r"==[ \t]*(?P<version>[\w.+!-]+)"
    )
    found: dict[str, str] = {}
    for path, text in files.items():
        if _is_requirements(path) or path.name == "pyproject.toml":
            for one in line.finditer(text):
                found.setdefault(canonicalize_name(one["name"]), one["version"])
    return found


def _order(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _checked(text: str, seen: Iterable[Seen]) -> Iterator[Sighting]:
    """Let the format itself find each pin; one that it does not find as declared is dropped."""
    for pin, version in dict.fromkeys((_Hashed(pin), version) for pin, version in seen):
        try:
            spots = FORMATS[pin.pin.format].find(text, pin.pin)
            times = replace(pin.pin, times=max(1, len(spots)))
            spots_of(text, times)
        except PinError:
            continue
        yield Sighting(times, version, line_of(text, spots[0].start))


@dataclass(frozen=True)
class _Hashed:
    """A pin that can be a key: its columns are a mapping."""

    pin: Pin

    def __hash__(self) -> int:
        return hash((self.pin.file, self.pin.format, self.pin.selector, self.pin.template))


def _seen(path: PurePosixPath, text: str, package: str, notes: list[str]) -> Iterator[Seen]:
    file, names, kind = str(path), names_of(package), path.name.lower()
    if _is_requirements(path):
        yield from _exact(Pin(file, "requirement", package), text, notes)
    elif kind == "pyproject.toml":
        yield from _exact(Pin(file, "pyproject", package), text, notes)
    elif any(fnmatch(kind, one) for one in ("dockerfile*", "containerfile*", "*.dockerfile")):
        yield from _in_dockerfile(file, text, names)
    elif kind.endswith((".yaml", ".yml")):
        yield from in_yaml(file, text, names)
    elif kind.endswith(".json") and not kind.endswith("lock.json"):
        yield from in_json(file, text, names)
    elif kind.endswith((".tf", ".tfvars")):
        yield from _in_terraform(file, text, names)


def _is_requirements(path: PurePosixPath) -> bool:
    words = ("requirements", "constraints")
    named = any(word in path.name.lower() or word in path.parent.name.lower() for word in words)
    return named and path.suffix in {".txt", ".in"}


def _exact(pin: Pin, text: str, notes: list[str]) -> Iterator[Seen]:
    try:
        spots = FORMATS[pin.format].find(text, pin)
    except PinError as error:
        notes.append(f"{error.message}; {error.hint}")
        return
    versions = {spot.has(text) for spot in spots}
    if len(versions) > 1:
        notes.append(f"{pin.file}: holds {pin.selector} in {len(versions)} versions")
    elif versions:
        yield pin, versions.pop()


def _in_dockerfile(file: str, text: str, names: frozenset[str]) -> Iterator[Seen]:
    for one in _ARG.finditer(text):
        held = template_of(one["value"])
        if held and is_version_key(one["name"], names):
            yield Pin(file, "docker_arg", one["name"], template=held[0]), held[1]
    for one in _FROM.finditer(text):
        held = template_of(one["tag"])
        if held and is_image(one["image"], names):
            yield Pin(file, "docker_from", one["image"], template=held[0]), held[1]


def _in_terraform(file: str, text: str, names: frozenset[str]) -> Iterator[Seen]:
    for one in _VARIABLE.finditer(text):
        name = one["block"] or one["name"]
        if not is_version_key(name, names):
            continue
        pin = Pin(file, "terraform", name)
        try:
            held = {template_of(spot.has(text)) for spot in FORMATS["terraform"].find(text, pin)}
        except PinError:
            continue
        for template, version in filter(None, held):
            yield replace(pin, template=template), version


def _rows(path: PurePosixPath, text: str, package: str, version: str) -> Iterator[Seen]:
    """Give rows of Markdown tables about the package of which a cell is the version."""
    if path.suffix.lower() not in {".md", ".markdown"}:
        return
    names = names_of(package)
    for row in _ROW.finditer(text):
        first = row["first"].strip(" \t*_`")
        if first and canonicalize_name(first) in names:
            yield from _cells(Pin(str(path), "table_row", first), text, version)


def _cells(pin: Pin, text: str, version: str) -> Iterator[Seen]:
    for heading in ("Version", "version", "VERSION", "Pinned", "Release"):
        columns = {heading: "{version}"}
        row = replace(pin, columns=columns)
        try:
            spots = FORMATS["table_row"].find(text, row)
        except PinError:
            continue
        if spots and all(one.has(text) == version for one in spots):
            yield row, version
            return
