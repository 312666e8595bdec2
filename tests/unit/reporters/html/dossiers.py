"""Dossiers made by hand, and the page that is made of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from lxml import html as lxml_html
from msgspec import structs
from unit.reporters.samples import NOON, attempt, result
from unit.reporters.samples import run as plain_run
from unit.reporters.snapshots import real

from runner.advisories.comparison import Comparison, compare
from runner.advisories.diff_document import encode_diff
from runner.advisories.judgement import judge
from runner.advisories.locks import diff as locks
from runner.advisories.policy import Policy
from runner.advisories.safety_document import encode
from runner.advisories.waivers import Waiver
from runner.engine.dossier import Dossier
from runner.model import Artifact, Case, Outcome, Owners, Release, Run, StepReport, StepResult
from runner.reporters import html
from runner.reporters.base import Context

LATER = "2026-11-22T12:10:00+00:00"
UPGRADE = {
    "package": "mlflow",
    "from": "3.6.0",
    "to": "3.17.2",
    "begun": NOON,
    "actor": "ada",
    "host": "ci-1",
    "tools": {"upgrade-runner": "0.1.0", "python": "3.11.7"},
}
WAIVER = Waiver(
    "CVE-2026-96775",
    "mlflow",
    ">=3.17,<3.18",
    "no fixed version is named",
    "ML Lead",
    date(2027, 2, 28),
    "config/waivers.yaml:14:5",
)
UNUSED = replace(WAIVER, id="CVE-1999-1", place="config/waivers.yaml:20:5")


def made(folder: Path, *runs: Run) -> Dossier:
    """Give a dossier that holds runs."""
    dossier = Dossier(folder / "out")
    for run in runs:
        dossier.begin(run.stage, run.id)
        dossier.write_run(run)
    dossier.write("upgrade.json", json.dumps(UPGRADE).encode())
    lines = (f'{{"event":"{event}","data":{{}}}}\n' for event in ("run_started", "check_ended"))
    dossier.write("journal.jsonl", "".join(lines).encode())
    return dossier


def written(dossier: Dossier) -> str:
    """Write the report at the end of the last run, and give it."""
    html.report(dossier.runs()[-1], dossier, Context())
    return (dossier.live / html.NAME).read_text("utf-8")


def page(dossier: Dossier) -> lxml_html.HtmlElement:
    """Write the report, and give it parsed."""
    return lxml_html.document_fromstring(written(dossier))


def text(node: lxml_html.HtmlElement, selector: str) -> list[str]:
    """Give the text of each node that a class or id selects, its spaces made one."""
    kind, name = ("id", selector[1:]) if selector[0] == "#" else ("class", selector[1:])
    path = f"//*[contains(concat(' ', normalize-space(@{kind}), ' '), ' {name} ')]"
    return [" ".join(" ".join(one.itertext()).split()) for one in node.xpath(path)]


def put(dossier: Dossier, name: str, content: bytes) -> Artifact:
    dossier.write(name, content)
    return Artifact(name, len(content), hashlib.sha256(content).hexdigest())


def scan(*artifacts: Artifact, cases: tuple[Case, ...] = ()) -> StepResult:
    report = StepReport(Outcome.PASSED, cases=cases, artifacts=artifacts)
    return StepResult("scan", "advisories", report, NOON, 1.0)


def stage(name: str, started: str, *steps: StepResult) -> Run:
    found = result("scan", f"Scan of {name}", attempt(Outcome.PASSED, *steps))
    base = plain_run(found)
    release = Release("mlflow", "3.17.2", image="example/mlflow:v3.17.2")
    return structs.replace(
        base,
        id=f"{name}-1",
        stage=name,
        started=started,
        release=release,
        owners=Owners("ML Lead", "Platform Lead", ("security",)),
        rerun=("runner", "run", name),
    )


def comparison() -> Comparison:
    """Compare the two versions of MLflow by the facts that the repository ships."""
    return compare(real("3.6.0"), replace(real("3.17.2"), version="3.17.2"))


def upgraded(folder: Path) -> Dossier:
    """Give the dossier of MLflow's upgrade: a baseline, and the gate."""
    dossier = made(folder)
    found = comparison()
    policy = Policy(packages=("mlflow",))
    today = datetime(2026, 11, 22, tzinfo=UTC)
    told = judge(policy, found.after, found, (WAIVER, UNUSED), today)
    before = put(dossier, "safety-before.json", encode(found.before))
    after = put(dossier, "safety-after.json", encode(found.after))
    changes = put(dossier, "safety-diff.json", encode_diff(found, told))
    between = locks.encode(locks.diff(found.before.inventory, found.after.inventory))
    case = Case("mlflow", "CVE-2026-96775", Outcome.SKIPPED, message="waived by ML Lead")
    gate = scan(after, changes, put(dossier, "locks/diff.json", between), cases=(case,))
    for run in (
        stage("preflight", NOON, scan(before)),
        stage("verification", LATER, gate),
    ):
        dossier.begin(run.stage, run.id)
        dossier.write_run(run)
    return dossier


def copy_of(run: Run) -> Run:
    """Give an equal run, as read from a file."""
    return msgspec.json.decode(msgspec.json.encode(run), type=Run)
