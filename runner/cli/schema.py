"""``runner schema``: the JSON Schema of the playbook, of definitions, or of run.json."""

from __future__ import annotations

import click
import msgspec


@click.command("schema")
@click.argument("what", type=click.Choice(["playbook", "definition", "run"]), default="playbook")
def command(what: str) -> None:
    """Print the JSON Schema (draft 2020-12) of the playbook, a definition, or run.json."""
    click.echo(msgspec.json.format(msgspec.json.encode(_schema(what)), indent=2))


def _schema(what: str) -> dict[str, object]:
    from runner.kinds import load_kinds
    from runner.playbook import definition_schema, schema

    if what == "run":
        from runner.engine.dossier import run_schema

        return run_schema()
    return (schema if what == "playbook" else definition_schema)(load_kinds())
