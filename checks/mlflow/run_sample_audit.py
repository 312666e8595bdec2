"""Audit this repository's locked dependencies, and record the audit on a tracking server.

    python checks/mlflow/run_sample_audit.py --log-mlflow

Exit codes: 0 recorded and verified; 1 a problem or a difference was found; 2 it could not be run.
The last line of standard output is one JSON object; problems go to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

try:
    from audit import Audit, document, make_audit, metrics, parameters, problems, release_problem
    from locked import AuditError, read_lock
    from tracking import Record, Tracker
except ModuleNotFoundError as missing:  # `packaging` comes with the lock
    print(f"error: {missing}\nhint: run in the environment of the lock", file=sys.stderr)
    sys.exit(2)

LOCK = "deployment/mlflow/requirements.txt"
EXPERIMENT = "upgrade-runner-audit"


def main() -> int:
    """Run the audit; return the exit code."""
    options = parse_arguments()
    try:
        return execute(options)
    except AuditError as error:
        say(f"error: {error}", f"hint: {error.hint}")
    except Exception as error:  # noqa: BLE001 - mlflow and its HTTP client raise errors of many kinds
        say(f"error: {type(error).__name__}: {error}", "hint: see the log of the tracking server")
    return 2


def parse_arguments() -> argparse.Namespace:
    """Read the command line; the environment gives defaults."""
    environment = os.environ
    parser = argparse.ArgumentParser(description="Audit the locked dependencies.")
    parser.add_argument("--requirements", type=Path, default=Path(LOCK), help="the lock")
    parser.add_argument("--output", type=Path, help="write the audit to this JSON file")
    parser.add_argument(
        "--require-installed",
        action="store_true",
        help="fail unless this environment is the lock's",
    )
    parser.add_argument("--log-mlflow", action="store_true", help="record the audit as a run")
    parser.add_argument(
        "--experiment", default=environment.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    )
    parser.add_argument("--tracking-uri", default=environment.get("MLFLOW_TRACKING_URI", ""))
    return parser.parse_args()


def execute(options: argparse.Namespace) -> int:
    """Audit, write, record, verify, and sum up."""
    lock: Path = options.requirements
    audit = make_audit(lock.as_posix(), read_lock(lock))
    record = Record(parameters(audit), metrics(audit), document(audit))
    if options.output:
        write(options.output, record.artifact)
    found = problems(audit, require_installed=options.require_installed) + released(audit)
    run_id = None
    if options.log_mlflow:
        tracker = Tracker(options.tracking_uri, options.experiment)
        run_id = tracker.log(record)
        found += tracker.differences(run_id, record)
    say(*(f"problem: {line}" for line in found))
    print(json.dumps(summary(options, record, run_id, verified=bool(run_id) and not found)))
    return 1 if found else 0


def released(audit: Audit) -> list[str]:
    """Compare the lock with the release that the runner names in the environment, if it does."""
    package, version = os.environ.get("RELEASE_PACKAGE"), os.environ.get("RELEASE_VERSION")
    if not package or not version:
        return []
    problem = release_problem(audit, package, version)
    return [problem] if problem else []


def summary(
    options: argparse.Namespace, record: Record, run_id: str | None, *, verified: bool
) -> dict[str, object]:
    """Sum up for the program that reads the last line."""
    return {
        "run_id": run_id,
        "experiment": options.experiment if run_id else None,
        "dependencies": int(record.metrics["dependencies"]),
        "artifact_sha256": record.sha256,
        "verified": verified,
    }


def write(path: Path, content: bytes) -> None:
    """Write a file at once: it is the whole document or the earlier one."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error}"
        raise AuditError(message, "give another --output") from error


def say(*lines: str) -> None:
    """Tell people, on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
