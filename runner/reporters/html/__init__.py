"""``report.html``: the whole dossier on one page, for people and auditors.

The page needs no network and no other file; the logs that it links to lie beside it. It is made of
all stages, so only the run that began last writes it.
"""

from __future__ import annotations

from runner.model import Run
from runner.reporters.base import Context, Dossier
from runner.reporters.html.evidence import gather, is_last

NAME = "report.html"
"""Path in the dossier."""


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write the report; raises DossierError."""
    del context
    if is_last(run, dossier):
        from runner.reporters.html.page import render  # Jinja takes a while to import

        dossier.write(NAME, render(gather(dossier, run), dossier).encode("utf-8", "replace"))


__all__ = ["NAME", "report"]
