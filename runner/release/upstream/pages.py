"""Pages of a package index, JSON (PEP 691) or HTML (PEP 503): from files to versions.

Dates of upload are those of PEP 700, yanked files those of PEP 592. What is hostile or broken in a
page makes a file less, and a remark more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from runner.advisories.moments import moment
from runner.advisories.tools import harmless
from runner.release.upstream.base import Offer

_MOST_REASON = 200
"""Characters of the reason for which a file was taken back."""
_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class File:
    """A file of a page."""

    name: str
    """As the index has it."""
    requires: str = ""
    """Its ``requires-python``."""
    uploaded: str = ""
    """When, as the index has it."""
    yanked: str | None = None
    """Why it was taken back; None where it stands."""


def files_of(body: str, kind: str) -> tuple[File, ...]:
    """Read a page; raises ValueError for what is none. ``kind`` is its media type."""
    if kind.partition(";")[0].strip().lower() == _JSON or body.lstrip().startswith("{"):
        return tuple(_of_json(body))
    parser = _Links()
    parser.feed(body)
    parser.close()
    if not parser.html:
        raise ValueError("it is neither JSON nor HTML")
    return tuple(parser.files)


def offers_of(files: Iterable[File], package: str) -> tuple[tuple[Offer, ...], int]:
    """Give the versions of a package in order, and how many files have no name of its kind."""
    grouped: dict[Version, list[File]] = {}
    strange = 0
    for one in files:
        if not one.name.endswith((".whl", ".tar.gz", ".zip")):
            continue  # eggs and installers of old, which pip passes over as well
        version = _version(one.name, package)
        if version is None:
            strange += 1
        else:
            grouped.setdefault(version, []).append(one)
    found = (_offer(version, group) for version, group in grouped.items())
    return tuple(sorted(found, key=lambda one: one.version)), strange


def _of_json(body: str) -> Iterator[File]:
    try:
        page = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError("it is no JSON of a package index") from None
    listed = page.get("files")
    if not isinstance(listed, list):
        raise ValueError("it has no list of files")  # noqa: TRY004 - what came is of no type
    for one in listed:
        if isinstance(one, dict) and isinstance(one.get("filename"), str):
            yanked = one.get("yanked", False)
            yield File(
                one["filename"],
                str(one.get("requires-python") or ""),
                str(one.get("upload-time") or ""),
                _reason(yanked) if yanked not in (False, None) else None,
            )


class _Links(HTMLParser):
    """Collects the anchors of a page."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(convert_charrefs=True)
        self.files: list[File] = []
        self.html = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an anchor; its address ends with the file's name."""
        self.html = self.html or tag in {"html", "body", "a", "head", "meta"}
        told = dict(attrs)
        if tag == "a" and (address := told.get("href")):
            try:
                name = unquote(urlsplit(address).path).rpartition("/")[2]
            except ValueError:
                return
            yanked = _reason(told["data-yanked"]) if "data-yanked" in told else None
            self.files.append(File(name, told.get("data-requires-python") or "", "", yanked))


def _reason(told: object) -> str:
    return harmless(told)[:_MOST_REASON] if isinstance(told, str) else ""


def _version(name: str, package: str) -> Version | None:
    try:
        if name.endswith(".whl"):
            found, version = parse_wheel_filename(name)[:2]
        else:
            found, version = parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return None
    return version if canonicalize_name(found) == package else None


def _offer(version: Version, files: list[File]) -> Offer:
    standing = [one for one in files if one.yanked is None]
    told = [(when, one.uploaded) for one in files if (when := moment(one.uploaded))]
    reasons = [one.yanked for one in files if one.yanked]
    return Offer(
        version,
        min(told)[1] if told else "",
        tuple(dict.fromkeys(map(_python, standing))),
        None if standing else (reasons[0] if reasons else ""),
    )


def _python(one: File) -> SpecifierSet:
    """Read what a file asks of Python; pip passes over what cannot be read as well."""
    try:
        return SpecifierSet(one.requires)
    except InvalidSpecifier:
        return SpecifierSet()
