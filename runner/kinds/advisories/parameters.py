"""The YAML of the kind: what is scanned, who is asked, and what is forbidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from msgspec.structs import replace

from runner.advisories.policy import Policy
from runner.advisories.tools import versions
from runner.advisories.versions import package_name, parse_version
from runner.kinds.advisories.shapes import Only, options, path_or
from runner.kinds.advisories.subjects import SUBJECT, Scanned
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.problems import PlaybookInvalid, problem_at
from runner.playbook.shapes import (
    Boolean,
    Choice,
    Convert,
    Field,
    ListOf,
    MapOf,
    OneKeyOf,
    Record,
    Shape,
    Text,
)

BEFORE, AFTER = "before", "after"
"""The two scans of an upgrade."""
_DAY = 86400.0
_ANY = "any"


@dataclass(frozen=True)
class Asked:
    """A source that is asked, before it is set up."""

    name: str
    """In the registry of `runner.advisories.sources`."""
    options: Mapping[str, str]
    """Its fields, as far as they are stated."""


@dataclass(frozen=True)
class AdvisoriesParameters:
    """What stands under ``with``, the playbook's ``advisories`` laid under it."""

    scan: str
    """``before`` keeps the baseline, ``after`` compares with it and gates."""
    subject: Scanned
    """What is scanned."""
    sources: tuple[Asked, ...]
    """Who is asked, in order."""
    policy: Policy
    """What is forbidden, and what must have been looked at."""
    waivers: str = ""
    """The file of waivers, relative to the repository; empty for none."""
    outdated: bool = False
    """Whether to ask the index which packages have newer versions."""


def _days(text: str) -> float:
    return int(text.removesuffix("d")) * _DAY


def _version_or_any(text: str) -> str:
    return text if text == _ANY else str(parse_version(text))


_PATH = REPOSITORY_PATH
_NAME = Text(pattern="[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", expected="the name of a package")
_PACKAGE = Convert(_NAME, package_name)
_COVERS = Field("covers", Choice(("named", "all")), "whether it knows all packages, or those named")


def _shipped(tool: str) -> Convert[str]:
    def check(text: str) -> str:
        known = versions(tool)
        if text not in known:
            raise ValueError(f"a release of {tool} that has a lock here: {', '.join(known)}")
        return text

    return Convert(Text(), check)


_SERVICES = ("pypi", "osv")

SOURCE = Only(
    OneKeyOf(
        options(
            Field(
                "osv",
                path_or(
                    "path",
                    _COVERS,
                    description="folder or zip of OSV records",
                ),
                "OSV records, read without a network",
            ),
            Field(
                "osv-api",
                options(Field("base_url", Text(), "another address than OSV's own")),
                "the OSV query API",
                attribute="osv-api",
            ),
            Field(
                "safety",
                OneKeyOf(
                    options(
                        Field("version", _shipped("safety"), "the release of safety to run"),
                        Field("database", _PATH, "a local database of safety's"),
                        Field("osv", _PATH, "OSV records to make its database of"),
                        _COVERS,
                    ),
                    ("database", "osv"),
                    exactly=False,
                ),
                "safety, in an environment of its own",
            ),
            Field(
                "pip-audit",
                options(
                    Field("version", _shipped("pip-audit"), "the release of pip-audit to run"),
                    Field("service", Choice(_SERVICES), "whom it asks"),
                    Field("osv_url", Text(), "another address than OSV's own"),
                ),
                "pip-audit, in an environment of its own",
                attribute="pip-audit",
            ),
        ),
        ("osv", "osv-api", "safety", "pip-audit"),
    ),
    Asked,
)
"""The shape of one source."""

_RULES = Record(
    dict[str, Any],
    (
        Field("packages", ListOf(_PACKAGE, least=1), "packages in which no finding is allowed"),
        Field(
            "severity",
            Choice(("low", "medium", "high", "critical")),
            "the lowest severity that is forbidden in any package; an unrated finding is too",
        ),
        Field("ids", ListOf(Text(), least=1), "advisories that must be gone, by any of their ids"),
        Field("new", Boolean(), "forbid what 'before' did not have"),
        Field(
            "max_database_age",
            Convert(Text(pattern="[1-9][0-9]{0,4}d", expected="days like 30d"), _days),
            "the oldest that a source's database may be",
        ),
        Field(
            "required",
            MapOf[str](Convert(Text(), _version_or_any), _NAME),
            "packages that must be there and looked at, with their version or 'any'",
        ),
    ),
)


@dataclass(frozen=True)
class _Policy:
    """The rules, which must forbid something."""

    def read(self, node: yaml.Node, key: str) -> Policy:
        """Read the rules; names are normalised, and 'any' version is none."""
        rules = _RULES.read(node, key)
        required = rules.get("required", {})
        rules["required"] = {
            package_name(name): "" if version == _ANY else version
            for name, version in required.items()
        }
        try:
            return Policy(**rules)
        except ValueError as error:
            raise PlaybookInvalid([problem_at(node, key, str(error))]) from error

    def schema(self) -> dict[str, Any]:
        """Give the schema of the rules, of which one must forbid something."""
        forbidding = ("packages", "severity", "ids", "new")
        return {**_RULES.schema(), "anyOf": [{"required": [word]} for word in forbidding]}


POLICY = _Policy()
"""The shape of ``policy``."""

PARAMETERS: Record[AdvisoriesParameters] = Record(
    AdvisoriesParameters,
    (
        Field("scan", Choice((BEFORE, AFTER)), "keep a baseline, or gate", required=True),
        Field("subject", SUBJECT, "what is scanned", required=True),
        Field("sources", ListOf(SOURCE, least=1), "who is asked", required=True),
        Field("policy", POLICY, "what is forbidden", required=True),
        Field("waivers", _PATH, "the file of waivers"),
        Field("outdated", Boolean(), "ask which packages have newer versions"),
    ),
)
"""The shape of ``with``."""

SHARED: Shape[dict[str, Any]] = Record(
    dict[str, Any],
    tuple(replace(one, required=False) for one in PARAMETERS.fields if one.key != "scan"),
)
"""The shape of the playbook's ``advisories``."""
