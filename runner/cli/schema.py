"""``runner schema``: the JSON Schemas of what is read and of what a dossier holds."""

from __future__ import annotations

from importlib import import_module

import click
import msgspec

_DOSSIER = {
    "run": ("runner.engine.dossier", "run_schema"),
    "partition": ("runner.engine.shards.partition", "schema"),
    "safety": ("runner.advisories.safety_document", "schema"),
    "safety-diff": ("runner.advisories.diff_document", "schema"),
    "lock-diff": ("runner.advisories.locks.diff", "schema"),
    "outdated": ("runner.advisories.locks.outdated", "schema"),
    "image": ("runner.advisories.images.document", "schema"),
    "database-backup": ("runner.kinds.database.record", "schema"),
    "bundle": ("runner.evidence.manifest", "schema"),
    "history": ("runner.evidence.history_document", "schema"),
    "run-comparison": ("runner.evidence.history_document", "comparison_schema"),
    "verify": ("runner.evidence.verdict_document", "schema"),
    "bump": ("runner.release.bump_document", "schema"),
    "bisection": ("runner.model.bisected", "schema"),
    "rehearsal": ("runner.model.rehearsed", "schema"),
    "rollback": ("runner.model.rolled_back", "schema"),
    "triage": ("runner.release.triage_record", "schema"),
    "upgrade": ("runner.model.upgraded", "schema"),
    "fleet": ("runner.evidence.fleet_document", "schema"),
    "merge": ("runner.engine.merge.record", "schema"),
    "status": ("runner.release.standing", "schema"),
}
"""Documents of a dossier, each with the function that describes it."""


@click.command("schema")
@click.argument(
    "what", type=click.Choice(["playbook", "definition", *_DOSSIER]), default="playbook"
)
def command(what: str) -> None:
    """Print the JSON Schema (draft 2020-12) of the playbook, or of WHAT.

    A definition is read beside the playbook; run is STAGE/run.json, with partition.json beside it
    where that was a shard, safety is safety-before.json and safety-after.json, safety-diff is
    safety-diff.json, lock-diff and outdated are below locks/, image is image.json.
    """
    click.echo(msgspec.json.format(msgspec.json.encode(_schema(what)), indent=2))


def _schema(what: str) -> dict[str, object]:
    if what in _DOSSIER:
        module, function = _DOSSIER[what]
        described: dict[str, object] = getattr(import_module(module), function)()
        return described
    from runner.kinds import load_kinds
    from runner.playbook import definition_schema, schema

    return (schema if what == "playbook" else definition_schema)(load_kinds())
