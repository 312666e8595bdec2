"""The page: templates, style and script, which ship inside the package, and one document of all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.model import Result, Run
from runner.reporters import text
from runner.reporters.base import Dossier
from runner.reporters.html import checks, words
from runner.reporters.html.evidence import Evidence
from runner.reporters.html.headline import headline
from runner.reporters.html.listing import Tell, listing
from runner.reporters.html.measures import Measures, measures, tails
from runner.reporters.html.records import records
from runner.reporters.html.timeline import timeline
from runner.reporters.reading import last, rerun_of
from runner.reporters.scans import scans

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_DATA = Path(__file__).parents[2] / "data" / "report"
"""Where the files are, in the package."""


def render(evidence: Evidence, dossier: Dossier) -> str:
    """Give the whole document; the same evidence gives the same text.

    Raises DossierError where a scan is not what was recorded.
    """
    from markupsafe import Markup, escape

    style, script = _asset("style.css"), _asset("script.js")
    limits = measures(evidence)
    scanned = _scanned(evidence, dossier)
    environment = _environment(limits.field)
    kept = {path: escape(tail) for path, tail in tails(evidence, limits).items()}
    return environment.get_template("page.html").render(
        evidence=evidence,
        upgrade=evidence.upgrade,
        headline=headline(evidence, scanned["scans"]),
        limits=limits,
        records=records(evidence),
        listed=listing(evidence.stages, limits, _teller(environment, limits, kept)),
        tails=kept,
        policy=escape(_policy(style, script)),
        # Both are files of this package, and neither holds an end tag.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        **scanned,
    )


def _teller(environment: Environment, limits: Measures, kept: Mapping[str, Markup]) -> Tell:
    """Give what tells all of a check."""
    template = environment.get_template("check.html").make_module({"limits": limits, "tails": kept})

    def tell(run: Run, result: Result) -> Markup:
        told: Markup = template.check(result, run, rerun_of(run))  # type: ignore[attr-defined]
        return told

    return tell


def _scanned(evidence: Evidence, dossier: Dossier) -> dict[str, Any]:
    """Give what is known of vulnerabilities; nothing where no run has scanned."""
    ran = any(scans(run) for run in evidence.stages)
    if not ran and not any(evidence.live.glob("safety-*.json")):
        return {"scans": None}
    from runner.reporters.html.flow import flow
    from runner.reporters.html.scanned import scans_of
    from runner.reporters.html.vulnerabilities import FATES, accepted, vulnerabilities

    recorded = scans_of(evidence, dossier)
    found = vulnerabilities(recorded)
    return {
        "scans": recorded,
        "found": found,
        "flow": flow(found),
        "accepted": accepted(recorded.diff),
        "fates": FATES,
    }


def _asset(name: str) -> str:
    return (_DATA / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, by their hashes, and nothing else at all.

    Content Security Policy Level 3 (W3C), sections 2.3.1 and 6.1: nothing is loaded from
    anywhere, and what output of a check might smuggle in is not run.
    """
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


@lru_cache(maxsize=1)
def _environment(limit: int) -> Environment:
    """Set Jinja up: everything that is printed is cleaned, cut and escaped, without being asked.

    It is kept, with its templates: a rehearsal makes a page after each of its stages.
    """
    from importlib.util import cache_from_source

    import jinja2

    from runner.reporters.html.compiled import Compiled

    kept = Path(cache_from_source(str(_DATA / "page.html"))).parent
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        finalize=partial(words.shown, limit=limit),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=Compiled(kept),
    )
    made.filters.update(_FILTERS)
    made.globals.update(_FUNCTIONS)
    return made


_FILTERS: dict[str, Any] = {
    "anchor": words.anchor,
    "clock": words.clock,
    "count": text.count,
    "duration": text.duration,
    "link": words.link,
    "moment": words.moment,
    "size": words.size,
    "slug": words.slug,
}
_FUNCTIONS: dict[str, Any] = {
    "anchor": words.anchor,
    "artifacts_of": checks.artifacts_of,
    "assertions_of": checks.assertions_of,
    "cases_of": checks.cases_of,
    "is_unhappy": checks.is_unhappy,
    "last": last,
    "remarks": checks.remarks,
    "timeline": timeline,
}
