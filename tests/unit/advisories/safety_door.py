"""A door behind which environments are made in no time, and safety answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.door import LocalDoor

from runner.advisories.sources.base import Ended

VERSION = "3.7.0"
Json = dict[str, Any]
WELL = Ended(0, b"", b"")


def flaw(name: str = "PYSEC-1", package: str = "mlflow", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Give a vulnerability of a report of ``safety check``."""
    return {
        "vulnerability_id": name,
        "package_name": package,
        "vulnerable_spec": ["<3.9.0"],
        "all_vulnerable_specs": ["<3.9.0"],
        "analyzed_version": "3.6.0",
        "fixed_versions": [],
        "resources": [],
        "CVE": None,
        "severity": None,
        "published_date": None,
        "more_info_url": None,
        **more,
    }


def report(
    *flaws: Mapping[str, Any],
    scanned: Mapping[str, str] | None = None,
    ignored: tuple[Mapping[str, Any], ...] = (),
    **meta: Any,  # noqa: ANN401 - any JSON
) -> dict[str, Any]:
    """Give a report of ``safety check``; ``meta`` replaces what stands in ``report_meta``."""
    packages = {"mlflow": "3.6.0"} if scanned is None else scanned
    return {
        "report_meta": {
            "safety_version": VERSION,
            "packages_found": len(packages),
            "vulnerabilities_found": len(flaws),
            "vulnerabilities_ignored": len(ignored),
            "local_database_path": None,
            **meta,
        },
        "scanned_packages": {
            name: {"name": name, "version": version} for name, version in packages.items()
        },
        "vulnerabilities": list(flaws),
        "ignored_vulnerabilities": list(ignored),
    }


def specification(raw: str = "mlflow==3.6.0", *flaws: Json) -> Json:
    return {"raw": raw, "vulnerabilities": {"known_vulnerabilities": flaws, "remediation": None}}


def dependency(*specifications: Json, name: str = "mlflow") -> Json:
    return {"name": name, "specifications": specifications or (specification(),)}


def file(*dependencies: Json) -> Json:
    return {
        "location": "requirements.txt",
        "results": {"dependencies": dependencies or (dependency(),)},
    }


def scan(*files: Json, **meta: str) -> Json:
    """Give a report as `safety scan` lays it out (made by hand after safety-schemas 0.0.16)."""
    telemetry = {"safety_version": "3.7.0"}
    told = {"scan_type": "scan", "schema_version": "3.0", "telemetry": telemetry, **meta}
    return {
        "meta": told,
        "scan_results": {"files": [], "projects": [{"files": files or (file(),)}]},
    }


@dataclass
class SafetyDoor(LocalDoor):
    """Writes the report that it is told to, as the safety that it stands for."""

    report: dict[str, Any] | bytes | None = field(default_factory=report)
    """What is written to the path that is asked for; None writes nothing."""
    ended: Ended = WELL
    """How safety ends."""
    pip: Ended = WELL
    """How pip ends."""
    during: Callable[[dict[str, str]], None] = lambda _env: None
    """Called while safety runs, with the variables that it is given."""
    requirements: str = ""
    """What safety was given to look at."""
    policy: str = ""
    """The policy that it was given."""

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
            make_interpreter(Path(argv[-1]))
            return WELL
        if "pip" in argv:
            if not self.pip.exit_code:
                make_record(Path(argv[0]).parents[1])
            return self.pip
        self._answer(argv)
        self.during(dict(env or {}))
        return self.ended

    def _answer(self, argv: tuple[str, ...]) -> None:
        local = argv[argv.index("--db") + 1] if "--db" in argv else None
        project = Path(argv[argv.index("--target") + 1]) if "scan" in argv else None
        listed = project / "requirements.txt" if project else Path(_after(argv, "--file"))
        self.requirements = listed.read_text(encoding="utf-8")
        self.policy = Path(_after(argv, "--policy-file")).read_text(encoding="utf-8")
        target = Path(argv[-1])
        if isinstance(self.report, bytes):
            target.write_bytes(self.report)
        elif self.report is not None:
            # Which database safety says that it has read is known only now.
            meta = {"local_database_path": local} | {
                name: value
                for name, value in self.report.get("report_meta", {}).items()
                if name != "local_database_path" or value is not None
            }
            told = (
                {**self.report, "report_meta": meta}
                if "report_meta" in self.report
                else self.report
            )
            target.write_text(json.dumps(told), encoding="utf-8")


def _after(argv: tuple[str, ...], option: str) -> str:
    return argv[argv.index(option) + 1]


def make_interpreter(folder: Path) -> None:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)


def make_record(folder: Path) -> None:
    record = folder / "lib" / "python3.11" / "site-packages" / "tool.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.touch()
