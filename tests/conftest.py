"""What all tests share.

On CI a skipped test fails the run, for nothing may be left unproven. No test fails for being slow:
a machine may be busy, and what is measured is measured by the benchmarks.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

# A server of MLflow 3.17 keeps eight processes for jobs in the background: more than half of what
# it costs to start one. Who tests MLflow's own default is `make validate`.
os.environ.setdefault("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")

PLATFORM = "platform: "
"""How the reason of a skip begins that is right on this system, and allowed on CI."""


def unexpected_skips(config: pytest.Config) -> list[str]:
    """Give the tests that were skipped for another reason than the platform, with the reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    found = []
    for report in reporter.stats.get("skipped", []) if reporter else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(PLATFORM):
            found.append(f"{report.nodeid}: {reason}")
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for skips, where CI is true and everything is there."""
    if (
        os.environ.get("CI") == "true"
        and session.exitstatus == pytest.ExitCode.OK
        and unexpected_skips(session.config)
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the skips that failed the run."""
    if os.environ.get("CI") != "true":
        return
    for line in unexpected_skips(terminalreporter.config):
        terminalreporter.write_line(f"SKIPPED ON CI {line}", red=True)
