from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from unit.advisories.records import SNAPSHOT, folder, record

from runner.advisories.export.safety_db import export
from runner.advisories.export.safety_format import Schema
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.osv import Covers
from runner.advisories.sources.safety.database import Local, moment, read_local, schema_of
from runner.advisories.tools import Tool

TWO, THREE = Tool("safety", "2.3.5"), Tool("safety", "3.7.0")
SPECS = ["<3.9"]


def entry(specs: object = None, **more: object) -> dict[str, object]:
    ids = [{"type": "cve", "id": "CVE-1"}, {"type": "pyup", "id": 1}]
    return {"specs": SPECS if specs is None else specs, "ids": ids, **more}


def database(
    path: Path,
    index: object = None,
    full: object = None,
    meta: dict[str, object] | None = None,
) -> Path:
    """Write a database of schema 3."""
    told = {"schema_version": "2.0.0", **(meta or {})}
    packages = (
        {"mlflow": SPECS} if index is None else index,
        {"mlflow": [entry()]} if full is None else full,
    )
    for name, one in zip(("insecure.json", "insecure_full.json"), packages, strict=True):
        (path / name).write_text(json.dumps({"meta": told, "vulnerable_packages": one}))
    return path


def read(path: Path, tool: Tool = THREE, covers: Covers = "named") -> Local:
    return read_local(path, "db", covers, tool)


def inventory(*pins: str) -> Inventory:
    return Inventory("lock", "lock", tuple(Component(*pin.split("==")) for pin in pins))


def test_the_schema_is_that_of_the_major_version() -> None:
    assert (schema_of(TWO), schema_of(THREE)) == (2, 3)


@pytest.mark.parametrize(("schema", "tool"), [(2, TWO), (3, THREE)])
def test_an_exported_database_is_read(tmp_path: Path, schema: Schema, tool: Tool) -> None:
    exported = export(SNAPSHOT, schema, tmp_path)
    local = read(tmp_path, tool)
    assert local.specs.keys() == exported.packages
    assert local.database.records == exported.entries
    assert local.database.timestamp == "2026-11-22T00:00:00Z"
    assert len(local.database.identity) == 64
    assert (local.database.source, local.database.location) == ("safety", "db")
    assert not local.blind(inventory("mlflow==3.6.0rc1", "flask==2"))


@pytest.mark.parametrize(("schema", "tool"), [(2, THREE), (3, TWO)])
def test_the_schema_of_the_other_major_is_refused(
    tmp_path: Path, schema: Schema, tool: Tool
) -> None:
    export(SNAPSHOT, schema, tmp_path)
    with pytest.raises(
        SourceError, match=rf"has the schema of safety {schema}\.x, and {tool}"
    ) as told:
        read(tmp_path, tool)
    assert f"--schema {schema_of(tool)}" in told.value.hint


def test_one_file_of_the_other_schema_is_refused(tmp_path: Path) -> None:
    export(SNAPSHOT, 2, tmp_path / "two")
    export(SNAPSHOT, 3, tmp_path / "three")
    (tmp_path / "two" / "insecure_full.json").replace(tmp_path / "three" / "insecure_full.json")
    with pytest.raises(SourceError, match=r"db/insecure_full\.json has the schema of safety 2"):
        read(tmp_path / "three")


@pytest.mark.parametrize("content", ["{}", '{"mlflow": []}', '{"vulnerable_packages": {}}'])
def test_what_is_no_database_is_refused(tmp_path: Path, content: str) -> None:
    (database(tmp_path) / "insecure.json").write_text(content)
    with pytest.raises(SourceError, match="reads that of safety 3"):
        read(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"meta": ', "\udcff", "[" * 100_000])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: str) -> None:
    (database(tmp_path) / "insecure.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SourceError, match=r"db/insecure\.json is no JSON object"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["insecure.json", "insecure_full.json"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    (database(tmp_path) / name).unlink()
    with pytest.raises(SourceError, match=f"db/{name} cannot be read: No such file"):
        read(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (database(tmp_path) / "insecure.json").unlink()
    os.mkfifo(tmp_path / "insecure.json")
    with pytest.raises(SourceError, match="not a plain file"):
        read(tmp_path)


@pytest.mark.parametrize("empty", [{}, {"mlflow": []}])
def test_an_empty_database_is_refused(tmp_path: Path, empty: dict[str, object]) -> None:
    with pytest.raises(SourceError, match="is empty: it knows no package"):
        read(database(tmp_path, empty, empty))


@pytest.mark.parametrize("odd", [[], {"mlflow": "<3.9"}, {"mlflow": [3]}])
def test_what_safety_would_stumble_over_is_refused(tmp_path: Path, odd: object) -> None:
    with pytest.raises(SourceError, match=r"db is not as safety 3\.7\.0 reads it"):
        read(database(tmp_path, index=odd or ["x"]))


@pytest.mark.parametrize(
    ("index", "full"),
    [
        ({"mlflow": ["<3.9", "<4"]}, None),
        ({"mlflow": ["<3.9"], "flask": ["<1"]}, None),
        (None, {"mlflow": [entry()], "flask": [entry()]}),
        (None, {"mlflow": [entry(["<3.9", "<4"])]}),
    ],
)
def test_files_that_do_not_agree_are_refused(tmp_path: Path, index: Any, full: Any) -> None:  # noqa: ANN401 - any JSON
    with pytest.raises(SourceError, match="do not name the same versions"):
        read(database(tmp_path, index, full))


@pytest.mark.parametrize(
    "full",
    [
        {"mlflow": [entry(ids=[])]},
        {"mlflow": [entry(ids=[{"type": "cve", "id": "CVE-1"}])]},
        {"mlflow": [entry(), entry()]},
    ],
)
def test_entries_that_safety_would_take_for_one_are_refused(tmp_path: Path, full: object) -> None:
    with pytest.raises(SourceError, match="two entries have one id, or one has none"):
        read(database(tmp_path, None, full))


def test_the_identity_changes_with_either_file(tmp_path: Path) -> None:
    first = read(database(tmp_path)).database.identity
    assert read(database(tmp_path)).database.identity == first
    told = {"mlflow": [entry(advisory="other")]}
    assert read(database(tmp_path, None, told)).database.identity != first


def test_a_package_that_is_not_named_is_not_seen_unless_all_are_covered(tmp_path: Path) -> None:
    database(tmp_path)
    asked = inventory("flask==1.0", "mlflow==3.6.0")
    assert read(tmp_path).blind(asked) == {"flask": "the database has no record of it"}
    assert not read(tmp_path, covers="all").blind(asked)


def test_a_pre_release_is_not_seen_by_specifiers_that_leave_it_out(tmp_path: Path) -> None:
    database(tmp_path)
    assert (
        "passes over pre-releases" in read(tmp_path).blind(inventory("mlflow==3.6.0rc1"))["mlflow"]
    )
    database(tmp_path, {"mlflow": ["odd"]}, {"mlflow": [entry(["odd"])]})
    assert read(tmp_path).blind(inventory("mlflow==3.6.0rc1"))


@pytest.mark.parametrize("spelt", ["MLflow", "ml.flow", "a b"])
def test_a_package_that_is_spelt_otherwise_is_not_seen(tmp_path: Path, spelt: str) -> None:
    database(tmp_path, {spelt: SPECS}, {spelt: [entry()]})
    why = read(tmp_path, covers="all").blind(inventory("mlflow==3.6.0", "ml-flow==1"))
    names = {"MLflow": {"mlflow"}, "ml.flow": {"ml-flow"}, "a b": set[str]()}
    assert why.keys() == names[spelt]


@pytest.mark.parametrize("names", [("MLflow", "mlflow"), ("mlflow", "MLflow")])
def test_a_package_that_is_also_spelt_right_is_not_seen_whole(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    database(tmp_path, dict.fromkeys(names, SPECS), {name: [entry()] for name in names})
    assert "spells it 'MLflow'" in read(tmp_path).blind(inventory("mlflow==3.6.0"))["mlflow"]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (1_700_000_000.0, "2023-11-14T22:13:20Z"),
        ("2023-11-14T22:13:20+01:00", "2023-11-14T22:13:20+01:00"),
        ("2023-11-14", ""),
        ("yesterday", ""),
        (1e300, ""),
        (None, ""),
    ],
)
def test_the_timestamp_is_a_moment_or_nothing(timestamp: float | str | None, expected: str) -> None:
    assert moment(timestamp) == expected


def test_a_database_without_a_timestamp_has_none(tmp_path: Path) -> None:
    assert read(database(tmp_path)).database.timestamp == ""
    assert read(database(tmp_path, meta={"timestamp": 0})).database.timestamp[:4] == "1970"


def test_an_export_of_nothing_known_is_no_database(tmp_path: Path) -> None:
    export(folder(tmp_path / "osv", record()), 3, tmp_path / "db")
    assert not read(tmp_path / "db").blind(inventory("mlflow==1"))
