"""What a release gives to the templates of its pins."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model import Release


def values_of(release: Release) -> Mapping[str, str]:
    """Give the value of each ``{name}`` that a template may hold."""
    return {
        "package": release.package,
        "version": release.version,
        "image": release.image,
        "status": release.status,
        "upgrade_status": release.upgrade_status,
        "cves": ", ".join(release.cves),
        "release_notes": release.release_notes,
    }
