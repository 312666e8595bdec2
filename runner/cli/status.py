"""``runner status``: the release, and whether every pin repeats it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from runner.cli.loading import load_playbook
from runner.cli.options import option, playbook_options
from runner.errors import ExitCode
from runner.model import Playbook
from runner.release.drift import Place, places_of
from runner.reporters.text import one_line


@click.command("status")
@playbook_options
@option("--check", is_flag=True, help="Exit with 1 where a pin has drifted, for CI.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    *,
    check: bool,
    as_json: bool,
) -> None:
    """Show the release and every place that repeats it: what stands there, and what should.

    A place is in sync where it holds what the playbook says.
    """
    loaded = load_playbook(playbook, profile, overrides)
    places = places_of(loaded)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_document(loaded, places)), indent=2))
    else:
        for line in _lines(loaded, places):
            click.echo(one_line(line))
    drifted = not all(place.in_sync for place in places)
    sys.exit(ExitCode.FAILED if check and drifted else ExitCode.PASSED)


def _document(playbook: Playbook, places: tuple[Place, ...]) -> dict[str, object]:
    return {
        "release": playbook.release,
        "owners": playbook.owners,
        "in_sync": all(place.in_sync for place in places),
        "pins": [{**msgspec.to_builtins(one), "in_sync": one.in_sync} for one in places],
    }


def _lines(playbook: Playbook, places: tuple[Place, ...]) -> Iterator[str]:
    release, owners = playbook.release, playbook.owners
    yield f"{release.package} {release.version} · upgrade {release.upgrade_status}"
    facts = {
        "status": release.status,
        "image": release.image,
        "owner": owners.dri,
        "backup": owners.backup,
        "notify": ", ".join(owners.notify),
        "tracked": _tracked(len(release.cves)),
    }
    for name, value in facts.items():
        if value:
            yield f"  {name:8} {value}"
    for place in places:
        yield from _place(place)
    drifted = sum(not place.in_sync for place in places)
    if not places:
        yield "no pin: nothing repeats the version"
    elif drifted:
        yield f"{drifted} of {len(places)} places drifted"
    else:
        yield f"in sync: {len(places)} place{'s' * (len(places) > 1)}"


def _tracked(count: int) -> str:
    return f"{count} {'advisory' if count == 1 else 'advisories'}" if count else ""


def _place(place: Place) -> Iterator[str]:
    if place.problem:
        yield f"✗ {place.problem}"
        yield f"  hint: {place.hint}"
        return
    mark = "✓" if place.in_sync else "✗"
    said = place.has if place.in_sync else f"has {place.has!r}, wants {place.wants!r}"
    yield f"{mark} {place.file}:{place.line}  {place.format} {place.selector}  {said}"
