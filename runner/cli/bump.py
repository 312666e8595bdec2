"""``runner bump``: the release and every place that repeats it, changed together."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runner.advisories.sources.base import Door
from runner.cli.loading import load_playbook
from runner.cli.options import option
from runner.engine.errand import errand
from runner.errors import ExitCode
from runner.model import Playbook, Release
from runner.release.bump import changes_of
from runner.release.bump_document import FORMAT, BumpDocument, encode
from runner.release.transaction import Change
from runner.release.wish import Wish
from runner.release.workplace import Workplace
from runner.reporters.diffs import colour_of, diff_lines
from runner.reporters.text import one_line

_STATES = ("queued", "in_progress", "done", "rolled_back")


@click.command("bump")
@option(
    "-p",
    "--playbook",
    type=click.Path(path_type=Path),
    help="Playbook [default: the only config/*_release.yaml].",
)
@click.option("--version", "version", metavar="V", help="The new version.")
@click.option("--status", help="The line for people on this version's state.")
@click.option("--upgrade-status", type=click.Choice(_STATES), help="How far the upgrade is.")
@click.option("--image-tag", metavar="TAG", help="The image's tag [default: image_template].")
@click.option(
    "--cve",
    "cves",
    multiple=True,
    metavar="ID",
    help="An advisory that remains; repeatable, 'none' for none.",
)
@click.option("--release-notes", metavar="URL", help="Address of the release notes.")
@click.option("--allow-downgrade", is_flag=True, help="Accept an older version, to roll back.")
@click.option("--dry-run", is_flag=True, help="Show the differences; write nothing.")
@click.option(
    "--check", is_flag=True, help="Exit with 1 where something would change; write nothing."
)
@click.option("--recover", is_flag=True, help="Bring a bump that was cut off to its end, and stop.")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@option(
    "--color/--no-color",
    default=None,
    help="Use colours [default: on a terminal, unless NO_COLOR is set].",
)
def command(
    *,
    playbook: Path | None,
    version: str | None,
    status: str | None,
    upgrade_status: str | None,
    image_tag: str | None,
    cves: tuple[str, ...],
    release_notes: str | None,
    allow_downgrade: bool,
    dry_run: bool,
    check: bool,
    recover: bool,
    as_json: bool,
    color: bool | None,
) -> None:
    """Change the release in the playbook and in every pin, together or not at all.

    Everything is computed and checked first: that each pin is there as declared and holds what the
    playbook says, that the result is well-formed, that the locks resolve, and that no file has
    changes that are not committed. After a crash the next bump, or --recover, brings all files to
    the old state or all to the new one.
    """
    book = load_playbook(playbook, "", ())
    wish = Wish(version, status, upgrade_status, image_tag, _remaining(cves), release_notes)
    with errand(Path(book.repository)) as door:
        place = Workplace.of(Path(book.repository), door)
        with place.alone():
            if not (dry_run or check) and (state := place.transaction.recover()):
                click.echo(f"a bump that was cut off: all files are {state} now", err=True)
                book = load_playbook(playbook, "", ())
            if recover:
                return
            release = wish.of(book.release, allow_downgrade=allow_downgrade)
            changes = _write(book, release, place, door, write=not (dry_run or check))
    if as_json:
        _print_json(book, release, changes, written=not (dry_run or check))
    else:
        _print(book, release, changes, diff=dry_run, color=color)
    sys.exit(ExitCode.FAILED if check and changes else ExitCode.PASSED)


def _remaining(cves: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the advisories that remain; None where the list is to stay as it is."""
    if not cves:
        return None
    return () if cves == ("none",) else cves


def _write(
    book: Playbook, release: Release, place: Workplace, door: Door, *, write: bool
) -> tuple[Change, ...]:
    changes = changes_of(book, release, door)
    if write and changes:
        place.refuse_dirty(changes, door)
        place.write(changes)
    return changes


def _print_json(
    book: Playbook, release: Release, changes: tuple[Change, ...], *, written: bool
) -> None:
    document = BumpDocument(
        format=FORMAT,
        package=release.package,
        before=book.release.version,
        after=release.version,
        changed=tuple(one.path for one in changes),
        written=written and bool(changes),
    )
    click.echo(encode(document), nl=False)


def _print(
    book: Playbook,
    release: Release,
    changes: tuple[Change, ...],
    *,
    diff: bool,
    color: bool | None,
) -> None:
    if not changes:
        click.echo(f"{release.package} is at {release.version}: nothing to change")
        return
    if not diff:
        click.echo(f"{release.package} {book.release.version} → {release.version}")
    for one in changes:
        if not diff:
            click.echo(one_line(f"  {one.path}"))
            continue
        for line in diff_lines(one.path, one.old, one.new):
            click.echo(click.style(one_line(line), fg=colour_of(line) or None), color=color)
