"""What a bump is to make of the release."""

from __future__ import annotations

import re
from dataclasses import dataclass

from msgspec.structs import replace
from packaging.version import InvalidVersion, Version

from runner.errors import UsageError
from runner.model import Release
from runner.release.spots import fill

_ADVISORY = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)+")
"""As ``CVE-2026-96775``, ``GHSA-27jp-wm6q-gp25``, ``PYSEC-2026-94``."""


@dataclass(frozen=True)
class Wish:
    """Values of the release that change; None leaves one as it is."""

    version: str | None = None
    """The new version."""
    status: str | None = None
    """The new line for people."""
    upgrade_status: str | None = None
    """How far the upgrade is."""
    image_tag: str | None = None
    """Tag of the image; None makes it from the release's ``image_template``."""
    cves: tuple[str, ...] | None = None
    """The advisories that remain."""
    release_notes: str | None = None
    """Address; None puts the new version in the place of the old one in the present address."""

    def of(self, release: Release, *, allow_downgrade: bool = False) -> Release:
        """Give the release as it will be; raises UsageError for values that cannot be."""
        for text in (self.status, self.image_tag, self.release_notes, *(self.cves or ())):
            if text is not None and not text.isprintable():
                raise UsageError(f"{text!r} has control characters", hint="write one line of text")
        version = _version(release, self.version, downgrade=allow_downgrade)
        moved = replace(release, version=version)
        return replace(
            moved,
            image=_image(release, moved, self.image_tag),
            status=release.status if self.status is None else self.status,
            upgrade_status=self.upgrade_status or release.upgrade_status,
            cves=release.cves if self.cves is None else _advisories(self.cves),
            release_notes=_notes(release, version)
            if self.release_notes is None
            else self.release_notes,
        )


def _version(release: Release, wanted: str | None, *, downgrade: bool) -> str:
    if wanted is None:
        return release.version
    try:
        older = Version(wanted) < Version(release.version)
    except InvalidVersion as error:
        raise UsageError(f"{error}", hint="write a version as PEP 440 has it, as 3.17.2") from None
    if older and not downgrade:
        raise UsageError(
            f"{wanted} is older than {release.version}",
            hint="to roll back, say so: --allow-downgrade",
        )
    return wanted


def _image(old: Release, new: Release, tag: str | None) -> str:
    if tag is not None:
        name = old.image.partition("@")[0]
        head, slash, tail = name.rpartition("/")
        return f"{head}{slash}{tail.partition(':')[0]}:{tag}"
    if old.version == new.version or not old.image_template:
        return old.image
    return fill(old.image_template, {"version": new.version, "package": new.package})


def _notes(release: Release, version: str) -> str:
    old = re.compile(rf"(?<![0-9.]){re.escape(release.version)}(?![0-9]|\.[0-9])")
    return old.sub(lambda _: version, release.release_notes)


def _advisories(cves: tuple[str, ...]) -> tuple[str, ...]:
    for one in cves:
        if not _ADVISORY.fullmatch(one):
            raise UsageError(f"{one!r} is no id of an advisory", hint="write it as CVE-2026-96775")
    return tuple(dict.fromkeys(cves))
