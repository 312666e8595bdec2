"""What is upgraded, who answers for it, and where its version stands."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Release(msgspec.Struct, frozen=True):
    """The tracked dependency."""

    package: str
    """Name on the package index."""
    version: str
    """The version that the pins repeat."""
    image: str = ""
    """Image reference of this version, if the dependency is shipped as one."""
    image_template: str = ""
    """Image reference with ``{version}`` for the version."""
    status: str = ""
    """A line for people on the state of this version."""
    upgrade_status: str = "queued"
    """``queued``, ``in_progress``, ``done`` or ``rolled_back``."""
    cves: tuple[str, ...] = ()
    """Advisory ids that are tracked for this version."""
    release_notes: str = ""
    """Address of the release notes."""
    target: str = ""
    """The version that triage recommended, not yet the one that the pins repeat."""
    triaged: str = ""
    """The day on which upstream was looked at last, ISO 8601."""


class Upstream(msgspec.Struct, frozen=True):
    """Where newer versions are looked for, and which of them may be recommended."""

    releases: str = ""
    """Address of the feed of releases; empty to derive it from the release notes' address."""
    dependabot: str = ""
    """``owner/repository`` whose Dependabot alerts are asked for; empty to ask for none."""
    api: str = "https://api.github.com"
    """Address of GitHub's REST API; an enterprise server has its own."""
    min_age: float = 0.0
    """Seconds that a version must have been published for; 0 asks for no age."""
    prereleases: bool = False
    """Whether a pre-release may be recommended."""
    candidates: int = 5
    """How many versions may be resolved, and shown to scanners, in one triage."""


class Owners(msgspec.Struct, frozen=True):
    """Who answers for the upgrade."""

    dri: str = ""
    """The directly responsible individual or role."""
    backup: str = ""
    """Who stands in."""
    notify: tuple[str, ...] = ()
    """Roles told of the outcome."""


class NotifyTarget(msgspec.Struct, frozen=True):
    """Where a role is told of what happens."""

    role: str
    """One of the owners' ``notify``."""
    urls: str
    """Name of the environment variable that holds the addresses, as Apprise writes them."""
    of: tuple[str, ...] = ("failed", "recovered", "vulnerabilities_green", "freeze")
    """What the role is told of."""


class Pin(msgspec.Struct, frozen=True):
    """A place in the repository that repeats the version."""

    file: str
    """Path relative to the repository."""
    format: str
    """How the version is written there: ``requirement``, ``docker_arg``, ``table_row``, …"""
    selector: str
    """What to look for: the requirement's name, the ARG's name, the row's first cell."""
    columns: Mapping[str, str] = msgspec.field(default_factory=dict)
    """For ``table_row``: column heading to template."""
    template: str = "{version}"
    """What stands at the place, with ``{version}`` for the version: ``v{version}``."""
    times: int = 1
    """How often it must be found."""
    locks: tuple[str, ...] = ()
    """Lock files that are made from this file of requirements; a bump makes them anew."""
