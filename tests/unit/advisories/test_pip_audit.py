"""The source ``pip-audit``: how it is run, and that only a sound report counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.door import LocalDoor
from support.shared import shared
from unit.advisories.records import v

from runner.advisories.findings import Standing
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources import make_source
from runner.advisories.sources.base import Ended, Report, SourceError
from runner.advisories.sources.pip_audit import PipAudit

CLEAN = Ended(0, b"", b"No known vulnerabilities found\n")
FOUND = Ended(1, b"", b"Found 1 known vulnerability in 1 package\n")
FLAW = {"id": "PYSEC-1", "fix_versions": ["2.9", "3.15.0", "4.1"], "aliases": ["GHSA-2", "CVE-1"]}


@dataclass
class Scanner(LocalDoor):
    """A door behind which pip-audit ends as it is told."""

    ended: Ended = CLEAN
    report: bytes | None = b""
    requirements: str = ""
    given: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        assert timeout is None, "the step's time is the limit"
        self.ran.append(argv)
        if "venv" in argv:
            _make_environment(Path(argv[-1]))
        if "pip_audit" not in argv:
            return Ended(0, b"", b"")
        self.given = dict(env or {})
        self.requirements = Path(argv[argv.index("--requirement") + 1]).read_text()
        if self.report is not None:
            Path(argv[argv.index("--output") + 1]).write_bytes(self.report)
        return self.ended


def _make_environment(folder: Path) -> None:
    record = folder / "lib" / "python3" / "site-packages" / "pip_audit.dist-info" / "RECORD"
    for path in (folder / "bin" / "python", record):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)


@pytest.fixture
def door(tmp_path: Path) -> Scanner:
    return Scanner(tmp_path, tmp_path / "scratch", {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def inventory(*pins: str) -> Inventory:
    components = (Component(*pin.split("==")) for pin in pins or ("mlflow==3.6.0",))
    return Inventory("lock.txt", "lock", tuple(components))


def dependency(name: str = "mlflow", version: str = "3.6.0", *vulns: object) -> dict[str, object]:
    return {"name": name, "version": version, "vulns": vulns}


def reported(*dependencies: object) -> bytes:
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


def scan(door: Scanner, *dependencies: object, pins: tuple[str, ...] = ()) -> Report:
    door.report = reported(*dependencies)
    return PipAudit().scan(inventory(*pins), door)


def test_a_finding_is_read(door: Scanner) -> None:
    door.ended = FOUND
    report = scan(door, dependency("mlflow", "3.6.0", FLAW))
    (found,) = report.advisories
    assert (found.id, found.package, found.aliases) == ("PYSEC-1", "mlflow", ("CVE-1", "GHSA-2"))
    assert found.source == "pip-audit-pypi.json"
    assert (report.source, report.tool) == ("pip-audit", "pip-audit 2.10.1")
    assert (report.audited, report.skipped, report.problems) == (("mlflow",), {}, ())
    assert not report.complete


def test_the_next_fix_is_the_one_that_counts(door: Scanner) -> None:
    door.ended = FOUND
    (found,) = scan(door, dependency("mlflow", "3.6.0", FLAW)).advisories
    assert [found.standing(v(text)) for text in ("3.6.0", "3.14", "3.15.0", "9")] == [
        Standing.AFFECTED,
        Standing.AFFECTED,
        Standing.FIXED,
        Standing.FIXED,
    ]
    assert found.fixed_for(v("3.6.0")) == v("3.15.0")


@pytest.mark.parametrize("fixes", [[], ["2.9", "3.6.0"]])
def test_without_a_later_fix_other_versions_are_but_out_of_range(
    door: Scanner, fixes: list[str]
) -> None:
    door.ended = FOUND
    flaw = {**FLAW, "fix_versions": fixes}
    (found,) = scan(door, dependency("mlflow", "3.6.0", flaw)).advisories
    assert found.standing(v("3.6.0")) is Standing.AFFECTED
    assert found.standing(v("3.5")) is found.standing(v("9")) is Standing.OUT_OF_RANGE
    assert found.fixed_for(v("3.6.0")) is None


def test_a_local_build_is_looked_at_as_its_public_version(door: Scanner) -> None:
    door.ended = FOUND
    report = scan(door, dependency("mlflow", "3.6.0", FLAW), pins=("mlflow==3.6.0+corp",))
    assert door.requirements == "mlflow==3.6.0\n"
    assert report.advisories[0].standing(v("3.6.0+corp")) is Standing.AFFECTED


def test_how_it_is_run(door: Scanner) -> None:
    scan(door, dependency("a", "1"), dependency(), pins=("a==1", "mlflow==3.6.0"))
    argv = door.ran[-1]
    assert argv[1:4] == ("-I", "-m", "pip_audit")
    assert argv[argv.index("--vulnerability-service") + 1] == "pypi"
    assert "--osv-url" not in argv
    assert door.requirements == "a==1\nmlflow==3.6.0\n"
    assert Path(argv[argv.index("--cache-dir") + 1]).is_relative_to(door.scratch)
    assert not any(door.scratch.iterdir())
    assert door.given == {"PIP_AUDIT_LOGLEVEL": "INFO"}


def test_another_service_is_asked(door: Scanner) -> None:
    door.report = reported(dependency())
    report = PipAudit(service="osv", osv_url="http://localhost:1/v1/query").scan(inventory(), door)
    argv = door.ran[-1]
    assert argv[argv.index("--vulnerability-service") + 1] == "osv"
    assert argv[argv.index("--osv-url") + 1] == "http://localhost:1/v1/query"
    assert report.database.location == "http://localhost:1/v1/query (queried live)"
    assert "pip-audit-osv.json" in door.kept


@pytest.mark.parametrize(
    ("env", "given"),
    [
        ({"SSL_CERT_FILE": "/ca.pem"}, "/ca.pem"),
        ({"SSL_CERT_FILE": "/ca.pem", "REQUESTS_CA_BUNDLE": "/own.pem"}, None),
        ({"SSL_CERT_FILE": "/ca.pem", "CURL_CA_BUNDLE": "/own.pem"}, None),
    ],
)
def test_it_trusts_the_certificates_of_all_others(
    door: Scanner, env: dict[str, str], given: str | None
) -> None:
    door.env = {**door.env, **env}
    scan(door, dependency())
    assert door.given.get("REQUESTS_CA_BUNDLE") == given


def test_the_database_is_the_service_at_the_time_of_the_question(door: Scanner) -> None:
    door.ended = FOUND
    before = datetime.now(UTC).replace(microsecond=0)
    database = scan(door, dependency("mlflow", "3.6.0", FLAW)).database
    assert before <= datetime.fromisoformat(database.timestamp) <= datetime.now(UTC)
    assert (database.source, database.identity, database.records) == ("pip-audit", "", 1)
    assert database.location == "https://pypi.org (queried live)"


def test_findings_count_with_exit_code_0(door: Scanner) -> None:
    assert len(scan(door, dependency("mlflow", "3.6.0", FLAW)).advisories) == 1


def test_an_exit_code_without_a_finding_is_an_error(door: Scanner) -> None:
    door.ended = Ended(1, b"", b"Traceback\nOSError: \x1b[31mdisk\x1b[0m\n")
    with pytest.raises(SourceError, match=r"exit code 1 although .*no finding.*OSError: disk"):
        scan(door, dependency())


def test_no_report_is_an_error_with_the_last_words(door: Scanner) -> None:
    door.ended = Ended(1, b"", b"Traceback\n\x1b]0;x\x07ConnectionError: \x07!\n")
    door.report = None
    with pytest.raises(SourceError, match=r"wrote no report: .*ConnectionError: \?!") as caught:
        PipAudit().scan(inventory(), door)
    assert "HTTPS_PROXY" in caught.value.hint
    assert not door.kept
    assert door.lines[-2:] == ["Traceback", "ConnectionError: ?!"]


def test_a_report_without_end_is_an_error(door: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.advisories.sources.pip_audit._LIMIT", 10)
    with pytest.raises(SourceError, match="is larger than"):
        scan(door, dependency())


def test_what_was_skipped_or_is_missing_is_listed(door: Scanner) -> None:
    skipped = {"name": "mlflow", "skip_reason": "not \x1b[2Jfound"}
    silent = {"name": "b", "skip_reason": ""}
    pins = ("a==1", "b==1", "c==1", "mlflow==3.6.0")
    report = scan(door, skipped, silent, dependency("a", "1"), pins=pins)
    assert report.audited == ("a",)
    assert report.skipped == {
        "b": "pip-audit skipped it and gave no reason",
        "c": "it is missing in pip-audit's report",
        "mlflow": "not found",
    }


def test_a_real_report_that_skips_everything_is_an_error(door: Scanner) -> None:
    door.report = shared("fixtures/pip-audit-skipped.json").read_bytes()
    with pytest.raises(SourceError, match="no package; mlflow: Dependency not found on PyPI"):
        PipAudit().scan(inventory("mlflow==2.14.1"), door)
    assert door.kept == {"pip-audit-pypi.json": door.report}


def test_nothing_to_look_at_is_an_error(door: Scanner) -> None:
    door.report = reported()
    with pytest.raises(SourceError, match="looked at no package"):
        PipAudit().scan(Inventory("empty", "lock", ()), door)


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (b"", "truncated"),
        (reported(dependency())[:-20], "truncated"),
        (b"Found 1\n" + reported(dependency()), "malformed"),
        (reported(dependency()) + b"\ndone", "malformed"),
        (b'{"x":' + b"[" * 100_000, "recursion"),
        (b'{"dependencies": [{"name": "\xff"}]}', "utf-8"),
        (b"[]", "Expected `object`"),
        (b'{"report_meta": {}, "vulnerabilities": []}', "missing required field `dependencies`"),
        (reported({"name": "mlflow"}), "neither findings nor a reason"),
        (reported({"name": "mlflow", "version": "3.6.0"}), "neither findings nor a reason"),
        (reported({"name": "mlflow", "vulns": []}), "neither findings nor a reason"),
        (reported({**dependency("mlflow", "3", FLAW), "skip_reason": "x"}), "both findings"),
        (reported(dependency("mlflow", "3.7.0")), "3.6.0 was asked for"),
        (reported(dependency("mlflow", "new")), "is not a version"),
        (reported(dependency(), dependency("flask", "1")), "on flask, which was not asked for"),
        (reported(dependency(), dependency("MLflow")), "mlflow stands in it twice"),
        (reported(dependency("../x")), "is not the name of a package"),
        (reported(dependency("mlflow", "3.6.0", {**FLAW, "id": "\x1b[2J"})), "matching regex"),
        (reported(dependency("mlflow", "3.6.0", {**FLAW, "fix_versions": ["x"]})), "not a version"),
        (reported(dependency("mlflow", "3.6.0", {"id": "A", "fix_versions": []})), "`aliases`"),
    ],
)
def test_an_unsound_report_is_an_error(door: Scanner, report: bytes, reason: str) -> None:
    door.ended, door.report = FOUND, report
    with pytest.raises(SourceError, match="report cannot be used") as caught:
        PipAudit().scan(inventory(), door)
    assert reason in caught.value.message
    assert caught.value.message.isprintable()
    assert "evidence" in caught.value.hint
    assert door.kept["pip-audit-pypi.json"] == report


def test_records_that_it_leaves_out_are_problems_of_any_package(door: Scanner) -> None:
    stderr = (
        b"WARNING:pip_audit._cli:--no-deps is supported, but\n"
        b"WARNING:pip_audit._service.osv:Unsupported OSV schema version: 2.0.0\n"
        b"WARNING:pip_audit._service.osv:OSV vuln entry 'X-2' is missing 'affected' list\n"
    )
    door.ended = Ended(0, b"", stderr)
    problems = scan(door, dependency()).problems
    assert [one.reason for one in problems] == [
        "osv:Unsupported OSV schema version: 2.0.0",
        "osv:OSV vuln entry 'X-2' is missing 'affected' list",
    ]
    assert all(one.packages is None for one in problems)


def test_a_release_without_a_lock_is_an_error(door: Scanner) -> None:
    with pytest.raises(SourceError, match="no lock for pip-audit"):
        PipAudit(version="1.0").scan(inventory(), door)


def test_it_is_set_up_by_name() -> None:
    source = make_source("pip-audit", {"service": "osv"})
    assert source.name == "pip-audit"
    assert source.describe() == "pip-audit 2.10.1 asks https://api.osv.dev/v1/query"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"service": "esms"}, "asks pypi or osv, not 'esms'"),
        ({"osv_url": "https://osv.example/v1/query"}, "needs 'service: osv'"),
        ({"service": "osv", "osv_url": "http://osv.example/v1/query"}, "is asked over https"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PipAudit(**options)
