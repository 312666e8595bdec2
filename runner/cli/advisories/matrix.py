"""``runner advisories [matrix]``: which advisories affect which versions of a package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from runner.advisories.document import as_document
from runner.advisories.findings import Standing
from runner.advisories.matrix import Cell, Matrix, make_matrix
from runner.advisories.osv import read_osv
from runner.advisories.tools import cache
from runner.advisories.versions import package_name, parse_version
from runner.cli.options import option
from runner.errors import UsageError
from runner.reporters.text import count, one_line
from runner.reporters.width import cells, pad


@click.command("matrix")
@click.argument("package")
@click.argument("versions", metavar="VERSION...", nargs=-1, required=True)
@option(
    "--database",
    type=click.Path(path_type=Path),
    default=Path("config/advisories"),
    show_default=True,
    help="Folder or zip of OSV records.",
)
@option("--json", "as_json", is_flag=True, help="Print the matrix as JSON.")
def command(package: str, versions: tuple[str, ...], database: Path, *, as_json: bool) -> None:
    """Show which advisories affect which VERSIONs of a PACKAGE: a listing, not a gate.

    "out of range" means that an advisory merely stops to name a version: no fix is known.
    """
    try:
        name = package_name(package)
        asked = [parse_version(version) for version in versions]
    except ValueError as error:
        raise UsageError(str(error), hint="as in: runner advisories mlflow 3.6.0 3.11.1") from None
    reading = read_osv(database, {name}, cache=cache(os.environ) / "advisories")
    matrix = make_matrix(reading, name, asked)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(as_document(matrix)), indent=1))
    else:
        click.echo("\n".join(lines(matrix)))


def lines(matrix: Matrix) -> Iterator[str]:
    """Lay the matrix out for people."""
    yield (
        f"{matrix.package}: {len(matrix.rows)} of {matrix.considered} known advisories affect "
        f"{' or '.join(matrix.versions)}"
    )
    yield from _table(matrix)
    yield ""
    width = max(map(len, matrix.versions))
    for version, total in zip(matrix.versions, matrix.totals(), strict=True):
        rest = [f"{total[one]} {one}" for one in Standing if one is not Standing.AFFECTED]
        said = ", ".join([f"{total[Standing.AFFECTED]} affecting it", *rest])
        yield f"{pad(version, width)}  {said}"
    yield ""
    database = matrix.database
    yield (
        f"database {one_line(database.location)}: {count(database.records, 'record')}, "
        f"newest of {database.timestamp[:10]}, sha256 {database.identity[:12]}"
    )
    for problem in matrix.problems:
        what = one_line(f"{problem.file}: {problem.reason}")
        yield f"unreadable, not about {matrix.package}: {what}"


def _table(matrix: Matrix) -> Iterator[str]:
    if not matrix.rows:
        return
    grid = [("Severity", "Advisory", *matrix.versions)]
    for row in matrix.rows:
        severity = row.finding.severity
        score = "" if severity.score is None else f"{severity.score:4.1f} "
        grid.append((f"{score}{severity.word}", row.finding.id, *map(_cell, row.cells)))
    widths = [max(map(cells, column)) for column in zip(*grid, strict=True)]
    yield ""
    for line in grid:
        yield "  ".join(map(pad, line, widths)).rstrip()


def _cell(cell: Cell) -> str:
    if cell.standing is Standing.FIXED:
        return f"fixed in {cell.fixed_in}"
    if cell.standing is Standing.AFFECTED:
        return f"AFFECTED, fixed in {cell.fixed_in}" if cell.fixed_in else "AFFECTED, no fix named"
    return cell.standing.value
