"""``releases``: the makers' feed of releases, Atom or RSS."""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

from packaging.version import Version

from runner.advisories.findings import order
from runner.advisories.tools import harmless
from runner.advisories.versions import parse_version
from runner.release.upstream.base import Announcement, Question, Told, UpstreamError
from runner.release.upstream.web import OK, Asked, asking, origin

_NOTES = re.compile(r"https://github\.com/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+)/releases(?:[/?#].*)?")
"""Where release notes stand on GitHub; its feed is beside them."""
_VERSION = re.compile(
    r"(?<![A-Za-z0-9.])v?(\d+(?:\.\d+)+(?:[._-]?(?:a|b|c|rc|alpha|beta|dev|post)[._-]?\d*)*)"
    r"(?![A-Za-z0-9])(?!\.\d)"
)
_ADVISORY = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})\b", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]{0,1000}>")
_LIMIT = 4 << 20
"""Bytes of a feed; GitHub's has ten entries and far less."""
_HEADERS = {"Accept": "application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8"}
_MEND = "name a feed of releases (Atom or RSS) under 'upstream.releases'"


@dataclass(frozen=True)
class Releases:
    """The feed that the playbook names, or that of the release notes on GitHub."""

    def address(self, question: Question) -> str:
        """Give the feed's address; empty where there is none."""
        if question.settings.releases:
            return question.settings.releases
        notes = _NOTES.fullmatch(question.release.release_notes)
        return f"https://github.com/{notes[1]}/{notes[2]}/releases.atom" if notes else ""

    def missing(self, question: Question) -> str:
        """Say where it could be named."""
        del question
        return "no feed is named: 'upstream.releases'"

    def ask(self, question: Question) -> Told:
        """Fetch and read the feed; raises UpstreamError."""
        where = self.address(question)
        base, path = origin(where)

        def fetch(asked: Asked) -> bytes:
            status, body, _ = asked.get(path)
            if status != OK:
                raise UpstreamError(f"{where} answers with status {status}", hint=_MEND)
            return body

        env = question.door.env
        return read_feed(
            asking(base, env, fetch, key="releases", headers=_HEADERS), where, question.package
        )


RELEASES = Releases()
"""The feed of releases."""


def read_feed(data: bytes, where: str, package: str) -> Told:
    """Read a feed; raises UpstreamError for what is none."""
    if len(data) > _LIMIT:
        raise UpstreamError(f"{where} is larger than {_LIMIT >> 20} MiB", hint=_MEND)
    import feedparser  # type: ignore[import-untyped]  # 60 ms, for this alone

    parsed: Mapping[str, Any] = feedparser.parse(data)
    if not parsed.get("version"):
        raise UpstreamError(f"{where} is no feed: its answer is neither Atom nor RSS", hint=_MEND)
    if parsed.get("bozo") and not _is_about_encoding(parsed.get("bozo_exception")):
        told = harmless(str(parsed.get("bozo_exception")))[:200]
        raise UpstreamError(f"{where} is not well-formed XML: {told}", hint=_MEND)
    entries = list(parsed.get("entries", ()))
    found: dict[Version, Announcement] = {}
    for one in filter(None, (_announcement(entry, package) for entry in entries)):
        found.setdefault(one.version, one)
    if not found:
        raise UpstreamError(f"{where} tells of no version of {package}", hint=_MEND)
    ordered = sorted(found.values(), key=lambda one: one.version)
    note = f"the feed goes back to {ordered[0].version}; of older versions it says nothing"
    return Told(announcements=tuple(ordered), notes=(note,))


def _is_about_encoding(error: object) -> bool:
    """Say whether the feed was read whole, although the server declares another encoding."""
    return type(error).__name__ in {"CharacterEncodingOverride", "NonXMLContentType"}


def _announcement(entry: Mapping[str, Any], package: str) -> Announcement | None:
    version = _version(entry, package)
    if version is None:
        return None
    texts = [str(entry.get("title", "")), str(entry.get("summary", ""))]
    texts += [str(part.get("value", "")) for part in entry.get("content", ())]
    return Announcement(
        version,
        _moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        _link(str(entry.get("link", ""))),
        advisories_in(" ".join(texts)),
    )


def advisories_in(text: str) -> tuple[str, ...]:
    """Give every CVE and GHSA id that stands in a text of HTML, each once and in order."""
    plain = unescape(_TAG.sub(" ", text))
    return tuple(sorted({_spelled(one) for one in _ADVISORY.findall(plain + text)}, key=order))


def _spelled(name: str) -> str:
    return name.upper() if name[:3].upper() == "CVE" else f"GHSA{name[4:].lower()}"


def _version(entry: Mapping[str, Any], package: str) -> Version | None:
    """Take the version from the tag, for a title may name several."""
    tags = [str(entry.get(key, "")).rstrip("/").rpartition("/")[2] for key in ("link", "id")]
    for text in (*tags, str(entry.get("title", ""))):
        for found in _candidates(text, package):
            return found
    return None


def _candidates(text: str, package: str) -> Iterator[Version]:
    names = re.escape(package).replace(r"\-", "[-_.]")
    plain = re.sub(rf"^{names}[-_=@ ]*(?=v?\d)", "", text[:300], flags=re.IGNORECASE)
    for one in _VERSION.findall(plain):
        try:
            yield parse_version(one)
        except ValueError:
            continue


def _moment(parsed: object) -> str:
    if not isinstance(parsed, time.struct_time):
        return ""
    try:
        moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _link(text: str) -> str:
    return text if re.fullmatch(r"https?://[!-~]{1,500}", text) else ""
