"""Markdown of a run: GitHub's job summary, and the comment on a pull request."""

from __future__ import annotations

from typing import Final

from runner.model import Run
from runner.reporters.base import Context, Dossier
from runner.reporters.markdown.checks import checks, failures
from runner.reporters.markdown.folding import Limit, fold
from runner.reporters.markdown.headline import headline
from runner.reporters.markdown.scanned import scanned

NAME: Final = "summary.md"
"""Name of the file in the folder of a stage."""
STEP_SUMMARY: Final = Limit(1 << 20, 1 << 20)
"""GitHub Docs, "Workflow commands for GitHub Actions": a step's summary has 1 MiB at most."""
COMMENT: Final = Limit(65_536, 4 * 65_536)
"""GitHub's API refuses the body of a comment that has more than 65,536 characters."""


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write ``<stage>/summary.md``; raises DossierError."""
    dossier.write(f"{run.stage}/{NAME}", summary(run, dossier, context).encode())


def summary(run: Run, dossier: Dossier, context: Context, limit: Limit = STEP_SUMMARY) -> str:
    """Tell of a run: verdict, checks, failures, findings, locks, waivers.

    What is least important is told shorter first where it would be longer than the limit; verdict
    and counts stay. Raises DossierError where the dossier does not hold what the run recorded.
    """
    sections = (
        *headline(run, context),
        checks(run),
        *failures(run),
        *scanned(run, dossier),
    )
    return fold(sections, limit)
