"""A bump: the new text of the playbook, of every file with a pin, and of their locks.

Everything is computed and checked here; nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from runner.advisories.sources.base import Door
from runner.model import Pin, Playbook, Release
from runner.release import texts
from runner.release.formats import check, spots_of
from runner.release.playbook_lists import set_cves
from runner.release.playbook_scalars import set_texts
from runner.release.relock import relock
from runner.release.spots import PinError, apply, line_of
from runner.release.transaction import Change
from runner.release.values import values_of

_TEXTS = ("version", "image", "status", "upgrade_status", "release_notes")


class Desk:
    """The files as they will be, read from the disk when they are first asked for."""

    def __init__(self, repository: Path) -> None:
        """Begin with none."""
        self.repository = repository
        self.old: dict[str, str] = {}
        self.new: dict[str, str] = {}

    def text(self, path: str) -> str:
        """Give the present draft; raises PinError for a link out of the repository."""
        if path not in self.new:
            file = self.repository / path
            if file.is_symlink() or not file.resolve().is_relative_to(self.repository.resolve()):
                raise PinError(
                    f"{path}: is a link, or leads out of the repository",
                    hint="pin the file itself",
                )
            self.old[path] = self.new[path] = texts.read(file, path)
        return self.new[path]

    def changes(self) -> tuple[Change, ...]:
        """Give the files that differ, in the order of their paths."""
        return tuple(
            Change(path, texts.encode(self.old[path]), texts.encode(text))
            for path, text in sorted(self.new.items())
            if text != self.old[path]
        )


def changes_of(
    playbook: Playbook,
    release: Release,
    door: Door,
    locks: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Change, ...]:
    """Give every file that a bump to this release changes.

    Locks are made anew, but for those whose texts are given: to go back they are known already.
    Raises PinError where a pin is not as declared, holds neither the old value nor the new one, or
    a lock cannot be made; SourceError where uv cannot be run.
    """
    desk = Desk(Path(playbook.repository))
    _draft_playbook(playbook, release, desk)
    for pin in playbook.pins:
        _draft_pin(pin, playbook.release, release, desk)
    for pin in playbook.pins:
        if desk.new[pin.file] != desk.old[pin.file]:
            for lock in pin.locks:
                desk.text(lock)
                known = locks.get(lock)
                made = relock(door, desk.repository, desk.new, lock) if known is None else known
                desk.new[lock] = made
    for pin in playbook.pins:  # a lock made anew must hold the release too
        _draft_pin(pin, release, release, desk)
    return desk.changes()


def _draft_playbook(playbook: Playbook, release: Release, desk: Desk) -> None:
    path = os.path.relpath(playbook.file, playbook.repository)
    text, old = desk.text(path), playbook.release
    values = {
        key: getattr(release, key) for key in _TEXTS if getattr(release, key) != getattr(old, key)
    }
    if values:
        text = set_texts(text, values, path)
    if release.cves != old.cves:
        text = set_cves(text, release.cves, path)
    desk.new[path] = text


def _draft_pin(pin: Pin, old: Release, new: Release, desk: Desk) -> None:
    text = desk.text(pin.file)
    spots, was, will = spots_of(text, pin), values_of(old), values_of(new)
    for spot in spots:
        has, wants = spot.has(text), {spot.wants(was), spot.wants(will)}
        if has not in wants:
            raise PinError(
                f"{pin.file}:{line_of(text, spot.start)}: has {has!r}, where the playbook says "
                f"{spot.wants(was)!r}",
                hint="see all that drifted with 'runner status', and correct the file",
            )
    changed = apply(text, spots, will)
    check(changed, pin)
    desk.new[pin.file] = changed
