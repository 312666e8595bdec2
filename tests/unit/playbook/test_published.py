from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runner.kinds import BUILTIN
from runner.playbook import definition_schema, schema
from runner.playbook.kinds import KindSpec
from runner.playbook.published import FILE, rendered, write


def test_the_committed_schema_is_that_of_the_loader() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(BUILTIN)


def test_write(tmp_path: Path, kinds: Mapping[str, KindSpec]) -> None:
    write(kinds, tmp_path / "new" / "x.json")
    assert (tmp_path / "new" / "x.json").read_text(encoding="utf-8") == rendered(kinds)


@pytest.mark.parametrize("make", [schema, definition_schema])
def test_is_a_schema(make: Any, kinds: Mapping[str, KindSpec]) -> None:  # noqa: ANN401
    document = make(kinds)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"].startswith("urn:upgrade-runner:")


def test_without_a_command_kind_there_is_no_run(kinds: Mapping[str, KindSpec]) -> None:
    validator = Draft202012Validator(schema({"probe": kinds["probe"]}))
    release = {"package": "a", "version": "b"}

    def accepts(check: dict[str, object]) -> bool:
        return validator.is_valid({"release": release, "stages": {"s": [{"area": "A", **check}]}})

    assert not accepts({"run": "x"})
    assert accepts({"uses": "probe", "with": {"port": "${{ vars.x }}"}, "expect": {"status": 1}})
    assert not accepts({"uses": "probe", "with": {"port": "80"}, "expect": {"status": 1}})
