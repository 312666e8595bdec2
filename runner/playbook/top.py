"""The shape of a playbook's top level, whose parts are read one by one."""

from __future__ import annotations

import msgspec
import yaml

from runner.playbook.shapes import Field, Raw, Record


class Top(msgspec.Struct, frozen=True):
    """The top level as written, every part still YAML."""

    release: yaml.Node
    """The tracked dependency."""
    stages: yaml.Node
    """Its checks."""
    owners: yaml.Node | None = None
    """Who answers."""
    notify: yaml.Node | None = None
    """Where roles are told of what happens."""
    pins: yaml.Node | None = None
    """Where the version is repeated."""
    upstream: yaml.Node | None = None
    """Where newer versions are looked for."""
    rehearsal: yaml.Node | None = None
    """How an upgrade is rehearsed."""
    upgrade: yaml.Node | None = None
    """What an upgrade carries out."""
    on_failure: yaml.Node | None = None
    """What follows a failed step of an upgrade."""
    vars: yaml.Node | None = None
    """Names for look-ups."""
    env: yaml.Node | None = None
    """Environment of every check and service."""
    advisories: yaml.Node | None = None
    """What every check of that kind shares."""
    services: yaml.Node | None = None
    """What checks need."""
    profiles: yaml.Node | None = None
    """What can be laid over."""


TOP = Record(
    Top,
    (
        Field("release", Raw(), "the tracked dependency", required=True),
        Field("owners", Raw(), "who answers for the upgrade"),
        Field("notify", Raw(), "where roles of `owners.notify` are told of what happens"),
        Field("pins", Raw(), "places that repeat the version"),
        Field("upstream", Raw(), "where newer versions are looked for"),
        Field("rehearsal", Raw(), "what `runner rehearse` copies, and what it carries out"),
        Field("upgrade", Raw(), "which stages `runner upgrade` carries out"),
        Field("on_failure", Raw(), "what `runner upgrade` does after a failure (default: ask)"),
        Field("vars", Raw(), "names for look-ups: ${{ vars.name }}"),
        Field("env", Raw(), "environment variables of every check and service"),
        Field("advisories", Raw(), "what every check of the kind `advisories` has under `with`"),
        Field("services", Raw(), "processes that checks need"),
        Field("profiles", Raw(), "what `--profile NAME` lays over the rest"),
        Field("stages", Raw(), "lists of checks: preflight, verification, …", required=True),
    ),
)
"""The shape of the top level."""
