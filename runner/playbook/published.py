r"""The JSON Schema (draft 2020-12) of playbooks and definitions, made of the loader's shapes.

Written anew by::

    python -c "from runner.playbook.published import write; from runner.kinds import BUILTIN; \
        write(BUILTIN)"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from runner.playbook.checks import CHECK
from runner.playbook.definitions import DEFINITION
from runner.playbook.kinds import KindSpec
from runner.playbook.names import ENVIRONMENT, ID
from runner.playbook.notify import NOTIFY
from runner.playbook.partial import LOOK_UP, partial, with_look_ups
from runner.playbook.per_kind import definition_rule, kind_rules, run_rules
from runner.playbook.rehearsal import ON_FAILURE, REHEARSAL, UPGRADE
from runner.playbook.release import OWNERS, RELEASE
from runner.playbook.services import SERVICE
from runner.playbook.shared import SHARED
from runner.playbook.stages import STAGES
from runner.playbook.steps import STEP
from runner.playbook.top import TOP
from runner.playbook.upstream import UPSTREAM
from runner.playbook.usage import DEFINITION_PATTERN
from runner.playbook.variant import PINS, VARS

Schema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""The dialect."""
FILE = Path(__file__).parent.parent / "data" / "playbook.schema.json"
"""The committed schema, of the built-in kinds."""


def schema(kinds: Mapping[str, KindSpec]) -> Schema:
    """Give the schema of a playbook with these kinds."""
    top = TOP.schema()
    parts: Schema = {
        "release": RELEASE.schema(),
        "owners": OWNERS.schema(),
        "notify": NOTIFY.schema(),
        "pins": PINS.schema(),
        "upstream": UPSTREAM.schema(),
        "rehearsal": REHEARSAL.schema(),
        "upgrade": UPGRADE.schema(),
        "on_failure": ON_FAILURE.schema(),
        "vars": VARS.schema(),
        "env": ENVIRONMENT.schema(),
        "services": _named({"$ref": "#/$defs/service"}),
        "stages": {
            **STAGES.schema(),
            "additionalProperties": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/$defs/check"},
            },
        },
    }
    shared = {name: kinds[name].shared for name in SHARED if name in kinds}
    parts |= {name: shape.schema() for name, shape in shared.items() if shape is not None}
    definitions = _definitions(kinds)
    overlay = _overlay(parts, definitions)
    parts["profiles"] = _named(overlay)
    for name, part in parts.items():
        top["properties"][name] |= with_look_ups(part)
    return {
        "$schema": DRAFT,
        "$id": "urn:upgrade-runner:playbook:1",
        "title": "Upgrade Runner playbook",
        "description": "An upgrade of a pinned dependency: its release, its pins, its checks.",
        **top,
        "$defs": definitions,
    }


def _named(value: Schema) -> Schema:
    """Give the schema of a mapping from ids to values."""
    return {"type": "object", "propertyNames": ID.schema(), "additionalProperties": value}


def definition_schema(kinds: Mapping[str, KindSpec]) -> Schema:
    """Give the schema of a definition (``checks/*.yaml``) with these kinds."""
    body = DEFINITION.schema()
    body["properties"]["steps"] |= {"items": {"$ref": "#/$defs/step"}}
    return {
        "$schema": DRAFT,
        "$id": "urn:upgrade-runner:definition:1",
        "title": "Upgrade Runner check definition",
        "description": "A reusable check with typed inputs.",
        **body,
        "$defs": {"look-up": LOOK_UP, "step": with_look_ups(_step(kinds))},
    }


def write(kinds: Mapping[str, KindSpec], file: Path = FILE) -> None:
    """Write the schema of a playbook as it is committed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(rendered(kinds), encoding="utf-8")


def rendered(kinds: Mapping[str, KindSpec]) -> str:
    """Give the text of the committed schema."""
    return json.dumps(schema(kinds), indent=2, ensure_ascii=False) + "\n"


def _definitions(kinds: Mapping[str, KindSpec]) -> Schema:
    return {
        "look-up": LOOK_UP,
        "check": with_look_ups(_check(kinds)),
        "step": with_look_ups(_step(kinds)),
        "service": with_look_ups(SERVICE.schema()),
    }


def _check(kinds: Mapping[str, KindSpec]) -> Schema:
    check = CHECK.schema()
    names = [{"enum": sorted(kinds)}, {"type": "string", "pattern": f"^{DEFINITION_PATTERN}$"}]
    check["properties"]["uses"] |= {"anyOf": names}
    steps = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}}
    check["properties"]["steps"] |= steps
    rules = [*kind_rules(kinds, prose=True), *run_rules(kinds, check, prose=True)]
    return {**check, "allOf": [*rules, *definition_rule()]}


def _step(kinds: Mapping[str, KindSpec]) -> Schema:
    step = STEP.schema()
    step["properties"]["uses"] |= {"enum": sorted(kinds)}
    return {**step, "allOf": [*kind_rules(kinds), *run_rules(kinds, step)]}


def _overlay(parts: Schema, definitions: Schema) -> Schema:
    check = partial(definitions["check"])
    named = {"type": "object", "additionalProperties": check}
    anew = parts["stages"]["additionalProperties"]
    stages = {"type": "object", "additionalProperties": {"anyOf": [anew, named]}}
    services = {"type": "object", "additionalProperties": partial(definitions["service"])}
    loose = {name: partial(part) for name, part in parts.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**loose, "stages": stages, "services": services},
    }
