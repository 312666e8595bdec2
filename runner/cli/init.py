"""``runner init``: a first playbook for this repository."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from runner.cli.options import option
from runner.engine.errand import errand
from runner.errors import UsageError
from runner.release.scaffold.render import UNKNOWN, WORKFLOW, playbook_path, render
from runner.release.scaffold.sightings import Sightings, pinned, sight
from runner.release.scaffold.tree import paths_of, text_of
from runner.release.scaffold.writing import new_files, refuse_invalid, write
from runner.reporters.text import count, one_line

_MOST_NAMED = 20


_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[\w.-]+@[\w./-]+", re.ASCII)


def _is_action(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuse what is no repository and ref, before it becomes part of a workflow."""
    if value is not None and not _REFERENCE.fullmatch(value):
        raise UsageError(
            f"--action {value!r} is not OWNER/REPO@REF",
            hint="as in example/upgrade-runner@<commit>",
        )
    return value


@click.command("init")
@click.option("--package", default="", metavar="NAME", help="The dependency to track.")
@option(
    "--action",
    metavar="OWNER/REPO@REF",
    callback=_is_action,
    help="Where the workflow takes the action from; pin it by commit.",
)
@click.option("--dry-run", is_flag=True, help="Show the files; write nothing.")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(*, package: str, action: str | None, dry_run: bool, as_json: bool) -> None:
    """Scaffold a playbook for the repository of the current folder.

    The pins of the package are found in requirement files, pyproject.toml, Dockerfiles, YAML,
    JSON, Terraform and Markdown tables. Nothing that exists is overwritten.
    """
    root = Path()
    with errand(root) as door:
        paths = paths_of(root.absolute(), door)
    files = {path: text for path in paths if (text := text_of(root, path))}
    name = package or _chosen(pinned(files))
    seen = sight(name, files)
    if not seen.pins:
        raise UsageError(_nothing(name, seen), hint="name the package as its files do")
    texts = render(name, seen, paths, action or UNKNOWN)
    new = new_files(root, texts)
    refuse_invalid(playbook_path(name), texts)
    if not dry_run:
        write(root, new)
    if as_json:
        document = _document(name, seen, new, written=not dry_run)
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))
    else:
        click.echo("\n".join(map(one_line, _lines(name, seen, new, texts, dry_run=dry_run))))


def _chosen(candidates: Mapping[str, str]) -> str:
    """Ask which package is meant; raises UsageError where there is nobody to ask."""
    if candidates and sys.stdin.isatty():
        answer: str = click.prompt("Package", type=click.Choice(sorted(candidates)))
        return answer
    named = [f"{name} {version}" for name, version in candidates.items()][:_MOST_NAMED]
    more = len(candidates) - len(named)
    told = f": {', '.join(named)}{f' and {more} more' if more else ''}" if named else ""
    raise UsageError(f"which package?{told}", hint="name one with --package")


def _nothing(name: str, seen: Sightings) -> str:
    told = f": {'; '.join(seen.notes)}" if seen.notes else ""
    return f"no file pins {name} to one version{told}"


def _document(
    name: str, seen: Sightings, new: Mapping[str, str], *, written: bool
) -> dict[str, object]:
    return {
        "package": name,
        "version": seen.version,
        "pins": [
            {"file": one.pin.file, "line": one.line, one.pin.format: one.pin.selector}
            for one in seen.pins
        ],
        "elsewhere": [
            {"file": one.pin.file, "line": one.line, "has": one.version} for one in seen.others
        ],
        "notes": seen.notes,
        "files": list(new),
        "written": written,
    }


def _lines(
    name: str, seen: Sightings, new: Mapping[str, str], texts: Mapping[str, str], *, dry_run: bool
) -> Iterator[str]:
    yield f"{name} {seen.version}: {count(len(seen.pins), 'pin')}"
    for one in seen.pins:
        yield f"  {one.pin.file}:{one.line}  {one.pin.format} {one.pin.selector}"
    for one in seen.others:
        yield f"  not pinned: {one.pin.file}:{one.line} holds {one.version}"
    yield from (f"  not pinned: {note}" for note in seen.notes)
    for path, text in texts.items():
        verb = "kept" if path not in new else "would write" if dry_run else "wrote"
        yield f"{verb} {path}"
        if dry_run and path in new:
            yield from (f"    {line}" for line in text.splitlines())
    if UNKNOWN.partition("@")[0] in new.get(WORKFLOW, ""):
        yield f"next: put the home and a commit of the action into {WORKFLOW}, or give --action"
    if not dry_run:
        yield f"next: name the owners in {playbook_path(name)}, then `runner status`"
