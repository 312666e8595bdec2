"""``runner advisories export``: a database for another tool, made of OSV records."""

from __future__ import annotations

from pathlib import Path

import click

from runner.advisories.export.safety_db import export
from runner.advisories.export.safety_format import Schema
from runner.cli.options import option
from runner.reporters.text import count, one_line

_SCHEMAS: dict[str, Schema] = {"2": 2, "3": 3}


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@option(
    "--to",
    "tool",
    type=click.Choice(["safety-db"]),
    default="safety-db",
    show_default=True,
    help="For whom: a local database of safety.",
)
@option(
    "--schema",
    type=click.Choice(list(_SCHEMAS)),
    default="3",
    show_default=True,
    help="Major version of the safety that will read it; each refuses the other's.",
)
@option(
    "--database",
    type=click.Path(path_type=Path),
    default=Path("config/advisories"),
    show_default=True,
    help="Folder or zip of OSV records.",
)
def command(folder: Path, tool: str, schema: str, database: Path) -> None:
    """Write the advisories of a database into FOLDER, in the form of another tool."""
    done = export(database, _SCHEMAS[schema], folder)
    click.echo(
        f"{one_line(str(done.folder))}: {tool} of schema {schema}, "
        f"{count(done.entries, 'flaw')} of {count(len(done.packages), 'package')}"
    )
    for problem in done.problems:
        click.echo(f"left out: {one_line(f'{problem.file}: {problem.reason}')}", err=True)
