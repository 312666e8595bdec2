from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from unit.advisories.records import SNAPSHOT, folder, record, v
from unit.advisories.safety_door import (
    SafetyDoor,
    dependency,
    file,
    flaw,
    report,
    scan,
    specification,
)

from runner.advisories.export.safety_db import export
from runner.advisories.findings import Advisory, Standing
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Ended, Report, Source, SourceError
from runner.advisories.sources.safety import Safety
from runner.advisories.versions import Interval, Word

ONLINE = Safety(covers="all")


@pytest.fixture
def door(tmp_path: Path) -> SafetyDoor:
    return SafetyDoor(tmp_path, tmp_path / "scratch", {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def inventory(*pins: str) -> Inventory:
    components = (Component(*pin.split("==")) for pin in pins or ("mlflow==3.6.0",))
    return Inventory("lock.txt", "lock", tuple(components))


def ask(door: SafetyDoor, *pins: str, source: Safety = ONLINE) -> Report:
    return source.scan(inventory(*pins), door)


def one(door: SafetyDoor, **more: Any) -> Advisory:  # noqa: ANN401 - any JSON
    """Give the advisory that a flaw becomes."""
    door.report = report(flaw(**more))
    return ask(door).advisories[0]


def argv(door: SafetyDoor) -> tuple[str, ...]:
    return door.ran[-1]


def test_it_is_a_source() -> None:
    source: Source = Safety()
    assert source.name == "safety"
    assert source.describe() == "ask safety 3.7.0, with its online database"
    assert Safety("2.3.5", database="db").describe() == "ask safety 2.3.5, with the database db"
    assert "the OSV records of config/osv" in Safety(osv="config/osv").describe()


def test_two_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="takes one database"):
        Safety(database="a", osv="b")


def test_an_unknown_cover_is_refused() -> None:
    with pytest.raises(ValueError, match="covers is named or all, not 'some'"):
        Safety(covers="some")  # type: ignore[arg-type]


def test_what_it_is_given_is_the_inventory(door: SafetyDoor) -> None:
    door.report = report(scanned={"flask": "2.0", "mlflow": "3.6.0+corp"})
    told = ask(door, "flask==2.0", "mlflow==3.6.0+corp")
    assert door.requirements == "flask==2.0\nmlflow==3.6.0+corp\n"
    assert told.audited == ("flask", "mlflow")
    assert not told.skipped
    assert not told.complete
    assert told.tool == "safety 3.7.0"


def test_an_inventory_of_nothing_is_an_error(door: SafetyDoor) -> None:
    with pytest.raises(SourceError, match=r"lock\.txt names no package"):
        Safety().scan(Inventory("lock.txt", "lock", ()), door)
    assert not door.ran


def test_findings_count_whatever_the_exit_code(door: SafetyDoor) -> None:
    door.report = report(flaw())
    assert [found.id for found in ask(door).advisories] == ["PYSEC-1"]
    door.ended = Ended(64, b"", b"")
    assert [found.id for found in ask(door).advisories] == ["PYSEC-1"]


def test_an_exit_code_of_vulnerabilities_without_one_is_an_error(door: SafetyDoor) -> None:
    door.ended = Ended(64, b"", b"")
    with pytest.raises(SourceError, match="exit code 64, vulnerabilities found, and reports none"):
        ask(door)


@pytest.mark.parametrize(
    ("code", "meaning", "mend"),
    [
        (1, "it failed, or crashed", "network"),
        (2, "did not accept its arguments", "ships"),
        (65, "was refused", "SAFETY_API_KEY"),
        (66, "too many requests", "wait"),
        (67, "cannot be loaded", "export"),
        (68, "cannot be fetched", "network"),
        (69, "is malformed", "export"),
        (70, "a report that it cannot read", "by hand"),
        (71, "cannot read a requirement", "by hand"),
        (72, "not verified", "SAFETY_API_KEY"),
        (99, "nobody knows", "by hand"),
    ],
)
def test_any_other_exit_code_is_an_error(
    door: SafetyDoor, code: int, meaning: str, mend: str
) -> None:
    door.ended = Ended(code, b"", b"Traceback\nhttpx.ConnectError: \x1b[31mno route\n")
    with pytest.raises(SourceError, match=meaning) as told:
        ask(door)
    assert "httpx.ConnectError: no route" in told.value.message
    assert mend in told.value.hint


def test_a_login_that_is_asked_for_is_told(door: SafetyDoor) -> None:
    door.ended = Ended(1, b"", b"Please run 'safety auth login' to authenticate\n")
    with pytest.raises(SourceError) as told:
        ask(door)
    assert "SAFETY_API_KEY" in told.value.hint


def test_a_damaged_environment_is_told(door: SafetyDoor) -> None:
    door.ended = Ended(1, b"", b"ModuleNotFoundError: No module named 'click'\n")
    with pytest.raises(SourceError) as told:
        ask(door)
    assert str(Path(argv(door)[0]).parents[1]) in told.value.hint


@pytest.mark.parametrize("code", [0, 64])
def test_a_report_that_is_not_written_is_an_error(door: SafetyDoor, code: int) -> None:
    door.report, door.ended = None, Ended(code, b"", b"last words\n")
    with pytest.raises(SourceError, match=f"exit code {code} and wrote no report: last words"):
        ask(door)


def test_a_report_of_an_earlier_run_is_not_read(door: SafetyDoor) -> None:
    ask(door)
    door.report = None
    with pytest.raises(SourceError, match="wrote no report"):
        ask(door)


def test_a_report_without_end_is_refused(door: SafetyDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.advisories.sources.safety.running._MOST_BYTES", 10)
    with pytest.raises(SourceError, match="larger than 10 bytes"):
        ask(door)


def test_the_raw_report_is_kept_even_where_it_is_refused(door: SafetyDoor) -> None:
    door.report = b"{"
    with pytest.raises(SourceError, match="cut short"):
        ask(door)
    assert door.kept == {"safety.json": b"{"}


def test_what_safety_prints_is_only_logged(door: SafetyDoor) -> None:
    door.ended = Ended(0, b"\x1b[1mDEPRECATED\n", b"No known vulnerabilities\n")
    ask(door)
    assert door.lines[-2:] == ["DEPRECATED", "No known vulnerabilities"]


def test_another_version_is_not_believed(door: SafetyDoor) -> None:
    door.report = report(safety_version="3.8.1")
    with pytest.raises(SourceError, match=r"written by safety 3\.8\.1, not by safety 3\.7\.0"):
        ask(door)


def test_another_number_of_packages_is_not_believed(door: SafetyDoor) -> None:
    with pytest.raises(SourceError, match="looked at 1 packages, and was given 2"):
        ask(door, "flask==2.0", "mlflow==3.6.0")


@pytest.mark.parametrize(
    ("scanned", "why"),
    [
        ({"MLflow": "3.6.0"}, ""),
        ({"mlflow": "3.6"}, ""),
        ({"mlflow": "3.6.1"}, "safety looked at 3.6.1, not at 3.6.0"),
        ({"mlflow": ""}, "safety looked at no version, not at 3.6.0"),
        ({"mlflow": "odd\x1b"}, "safety looked at odd?, not at 3.6.0"),
        ({"flask": "3.6.0"}, "safety does not list it among what it scanned"),
        ({"no name": "3.6.0"}, "safety does not list it among what it scanned"),
    ],
)
def test_what_was_not_looked_at_is_skipped(
    door: SafetyDoor, scanned: dict[str, str], why: str
) -> None:
    door.report = report(scanned=scanned)
    told = ask(door)
    assert told.skipped == ({"mlflow": why} if why else {})
    assert told.audited == (() if why else ("mlflow",))


@pytest.mark.parametrize(
    "other", [{"package": "flask"}, {"analyzed_version": "3.5"}, {"package": "?"}]
)
def test_a_flaw_of_something_else_is_not_believed(door: SafetyDoor, other: dict[str, str]) -> None:
    door.report = report(flaw(**other))
    with pytest.raises(SourceError, match="which it was not given"):
        ask(door)


def test_a_pre_release_is_not_seen_online(door: SafetyDoor) -> None:
    door.report = report(scanned={"mlflow": "3.6.0rc1"})
    told = ask(door, "mlflow==3.6.0rc1")
    assert "passes over pre-releases" in told.skipped["mlflow"]
    assert told.audited == ()


def test_a_flaw_without_a_name_is_refused(door: SafetyDoor) -> None:
    door.report = report(flaw("\x1b[2J"))
    with pytest.raises(SourceError, match="with the id ''"):
        ask(door)


def test_names_are_stripped_of_decoration(door: SafetyDoor) -> None:
    found = one(door, name="pyup.io-77744", CVE="CVE-2026-1", severity={"source": "CVE-2026-1"})
    assert (found.id, found.aliases) == ("77744", ("CVE-2026-1",))


def test_a_flaw_that_is_told_twice_is_one(door: SafetyDoor) -> None:
    specs = ["<3.7", "==3.6.0"]
    told = [flaw(vulnerable_spec=spec, all_vulnerable_specs=specs) for spec in specs]
    door.report = report(*told)
    found = ask(door).advisories
    assert len(found) == 1
    assert found[0].versions == {v("3.6.0")}


def test_what_safety_ignores_is_a_finding(door: SafetyDoor) -> None:
    door.report = report(ignored=(flaw("PYSEC-2", ignored=True),))
    assert [found.id for found in ask(door).advisories] == ["PYSEC-2"]


def test_an_end_is_a_fix_only_where_one_is_named(door: SafetyDoor) -> None:
    merely = one(door)
    assert merely.intervals == (Interval(None, v("3.9.0"), Word.LIMIT),)
    assert merely.standing(v("3.9.0")) is Standing.OUT_OF_RANGE
    fixed = one(door, fixed_versions=["3.9.0", "odd"])
    assert fixed.standing(v("3.9.0")) is Standing.FIXED
    assert fixed.source == "safety"


@pytest.mark.parametrize("spec", [">=4", "~=3.6", "odd"])
def test_the_installed_version_is_affected_whatever_the_range_says(
    door: SafetyDoor, spec: str
) -> None:
    found = one(door, vulnerable_spec=[spec], all_vulnerable_specs=[])
    assert found.standing(v("3.6.0")) is Standing.AFFECTED


def test_only_moments_and_links_are_told_on(door: SafetyDoor) -> None:
    found = one(
        door,
        published_date="2026-01-01T00:00:00Z",
        more_info_url="https://a",
        resources=["javascript:x", "https://a", "https://b\x1b", "None"],
    )
    assert found.published == "2026-01-01T00:00:00Z"
    assert found.references == ("https://a",)
    assert one(door, published_date="2026-01-01").published == ""
    assert one(door, published_date="May").published == ""


def test_a_local_database_is_used_without_key_and_home(door: SafetyDoor, tmp_path: Path) -> None:
    export(SNAPSHOT, 3, tmp_path / "db")
    door.env = {**door.env, "SAFETY_API_KEY": "secret", "HOME": "/home/me"}
    seen: list[dict[str, str]] = []
    door.during = seen.append
    told = ask(door, source=Safety(database="db"))
    assert argv(door)[argv(door).index("--db") + 1] == str(tmp_path / "db")
    assert seen[0]["SAFETY_API_KEY"] == ""
    assert seen[0]["HOME"] == seen[0]["SAFETY_SYSTEM_CONFIG_PATH"]
    assert Path(seen[0]["HOME"]).is_relative_to(door.scratch)
    assert "secret" not in " ".join(argv(door))
    assert told.database.location == "db"
    assert told.database.timestamp == "2026-11-22T00:00:00Z"


def test_a_policy_of_the_repository_does_not_count(door: SafetyDoor, tmp_path: Path) -> None:
    (tmp_path / ".safety-policy.yml").write_text("security: {ignore-vulnerabilities: {1: }}")
    ask(door)
    assert door.policy == "security:\n  continue-on-vulnerability-error: false\n"


def test_the_wrong_schema_is_refused_before_it_runs(door: SafetyDoor, tmp_path: Path) -> None:
    export(SNAPSHOT, 3, tmp_path / "db")
    with pytest.raises(SourceError, match=r"and safety 2\.3\.5 reads that of safety 2\.x only"):
        ask(door, source=Safety("2.3.5", database="db"))
    assert not door.ran


def test_another_database_than_asked_for_is_not_believed(door: SafetyDoor, tmp_path: Path) -> None:
    export(SNAPSHOT, 3, tmp_path / "db")
    door.report = report(local_database_path="/elsewhere")
    with pytest.raises(SourceError, match="looked into /elsewhere, and was given"):
        ask(door, source=Safety(database="db"))
    with pytest.raises(SourceError, match="looked into /elsewhere, and was given its online"):
        ask(door)


def test_osv_records_become_a_database_of_the_run(door: SafetyDoor, tmp_path: Path) -> None:
    records = folder(tmp_path / "osv", record(), record("PYSEC-2", package="flask"), b"{")
    door.report = report(scanned={"mlflow": "3.6.0", "zzz": "1"})
    door.during = lambda _: made.append(
        (Path(argv(door)[argv(door).index("--db") + 1]) / "insecure.json").read_text()
    )
    made: list[str] = []
    told = ask(door, "mlflow==3.6.0", "zzz==1", source=Safety("3.7.0", osv="osv"))
    assert json.loads(made[0])["vulnerable_packages"] == {"mlflow": [">=0.dev0"]}
    assert told.audited == ("mlflow",)
    assert told.skipped == {"zzz": "the database has no record of it"}
    assert (told.database.source, told.database.location) == ("safety", "osv")
    assert [(one.place, one.packages) for one in told.problems] == [("2.json", None)]
    assert records.exists()


def test_what_osv_cannot_say_in_the_format_is_a_problem_of_its_package(
    door: SafetyDoor, tmp_path: Path
) -> None:
    folder(tmp_path / "osv", record(events=[{"introduced": "0"}, {"fixed": "4+corp"}]))
    told = ask(door, source=Safety(osv="osv"))
    assert [one.packages for one in told.problems] == [("mlflow",)]


def test_with_a_key_it_scans(door: SafetyDoor) -> None:
    door.env = {**door.env, "SAFETY_API_KEY": "secret"}
    known = {"id": "77744", "ignored": None, "vulnerable_spec": "<3.9.0"}
    door.report = scan(file(dependency(specification("mlflow==3.6.0", known))))
    seen: list[dict[str, str]] = []
    door.during = seen.append
    told = ask(door)
    assert "scan" in argv(door)
    assert [found.id for found in told.advisories] == ["77744"]
    assert seen[0]["SAFETY_STAGE"] == "cicd"
    assert "SAFETY_API_KEY" not in seen[0]
    assert door.policy == 'version: "3.0"\n'
    assert told.audited == ("mlflow",)
    door.env = {**door.env, "SAFETY_STAGE": "production"}
    ask(door)
    assert seen[1]["SAFETY_STAGE"] == "production"


def test_safety_2_has_no_scan(door: SafetyDoor) -> None:
    door.env = {**door.env, "SAFETY_API_KEY": "secret"}
    door.report = report(safety_version="2.3.5")
    ask(door, source=Safety("2.3.5"))
    assert "check" in argv(door)


@pytest.mark.parametrize(
    ("version", "place", "content"),
    [
        ("2.3.5", "cache.json", {"$meta": {"timestamp": 0}, "mlflow": ["<1"]}),
        (
            "3.7.0",
            "200/cache.json",
            {"meta": {"timestamp": 0}, "vulnerable_packages": {"a": ["<1"]}},
        ),
    ],
)
def test_a_fetched_database_is_identified_by_what_was_cached(
    door: SafetyDoor, version: str, place: str, content: dict[str, object]
) -> None:
    def fetch(env: dict[str, str]) -> None:
        path = Path(env["HOME"], ".safety", place)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"insecure.json": {"cached_at": 1.0, "db": content}}))

    door.during, door.report = fetch, report(safety_version=version)
    database = ask(door, source=Safety(version)).database
    assert database.timestamp == "1970-01-01T00:00:00Z"
    assert len(database.identity) == 64
    assert database.records == 1


@pytest.mark.parametrize("content", ["", "{}", '{"insecure.json": {"db": {}}}'])
def test_what_was_not_cached_is_not_known(door: SafetyDoor, content: str) -> None:
    def fetch(env: dict[str, str]) -> None:
        path = Path(env["HOME"], ".safety", "cache.json")
        path.parent.mkdir()
        path.write_text(content)

    door.during = fetch
    database = ask(door).database
    assert (database.identity, database.timestamp) == ("", "")


def test_a_version_that_does_not_ship_is_refused(door: SafetyDoor) -> None:
    with pytest.raises(SourceError, match=r"no lock for safety 3\.8\.1"):
        ask(door, source=Safety("3.8.1"))
