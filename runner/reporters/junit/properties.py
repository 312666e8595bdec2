"""The properties of suites and test cases: what readers may filter or group by."""

from __future__ import annotations

from runner.model import Result, Run
from runner.reporters.reading import last


def run_properties(run: Run) -> tuple[tuple[str, str], ...]:
    """Give those of a run: what it is about, and what it came to."""
    subject = run.subject
    pairs = (
        ("run", run.id),
        ("stage", run.stage),
        ("verdict", run.verdict.value),
        ("interrupted", run.interrupted),
        ("package", subject.package),
        ("version", subject.version),
        ("playbook", subject.playbook),
        ("playbook_sha256", subject.playbook_sha256),
        ("profile", subject.profile),
        ("commit", subject.commit),
        ("dirty", str(subject.dirty).lower() if subject.commit else ""),
        ("selected", f"{run.selected} of {run.total}"),
        ("shard", str(run.shard or "")),
        ("runner_version", run.runner_version),
    )
    return tuple(pair for pair in pairs if pair[1])


def check_properties(result: Result) -> tuple[tuple[str, str], ...]:
    """Give those of the test case of a check."""
    attempt = last(result)
    pairs = (
        ("check", result.check),
        ("area", result.area),
        ("outcome", result.outcome.value),
        ("attempts", str(len(result.attempts))),
        ("flaky", str(result.flaky).lower()),
        ("resumed", str(result.resumed).lower()),
        ("allow_failure", str(result.allow_failure).lower()),
        ("place", str(result.place or "")),
        ("expect", result.expect),
        ("log", attempt.log.path if attempt and attempt.log else ""),
        ("fingerprint", result.fingerprint),
    )
    return tuple(pair for pair in pairs if pair[1])


def case_properties(result: Result) -> tuple[tuple[str, str], ...]:
    """Give those of a test case inside a check."""
    return (("check", result.check),)
