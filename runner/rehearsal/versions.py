"""The two states of the checkout: that of the old version, and that of the new one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.sources.base import Door
from runner.model import Outcome, Playbook
from runner.rehearsal.course import Halt
from runner.release.bump import changes_of
from runner.release.spots import PinError
from runner.release.transaction import Change
from runner.release.wish import Wish
from runner.release.workplace import Workplace

_NO = "No solution found"
"""uv 0.4 to 0.13 begin with it where requirements exclude each other."""


@dataclass(frozen=True)
class Swing:
    """The files that differ between the two versions, and the way there and back."""

    place: Workplace
    """The checkout."""
    changes: tuple[Change, ...]
    """From the old version to the new one."""

    def there(self) -> None:
        """Bring the checkout to the new version."""
        self.place.write(self.changes)

    def back(self) -> None:
        """Bring it back to the old one."""
        self.place.write(reversed_changes(self.changes))

    def locks(self, names: Sequence[str], *, new: bool) -> Mapping[str, bytes]:
        """Give the locks of a version, while the checkout is at the old one."""
        drafts = {one.path: one.new for one in self.changes} if new else {}
        here = self.place.repository
        return {
            name: drafts[name] if name in drafts else (here / name).read_bytes() for name in names
        }


def reversed_changes(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Give what takes changes back."""
    return tuple(Change(one.path, one.new, one.old) for one in changes)


def to_old(playbook: Playbook, version: str, door: Door) -> tuple[Change, ...]:
    """Bring the checkout to the version that is rehearsed from; give what was changed."""
    changes = _changes(playbook, version, door)
    _workplace(playbook).write(changes)
    return changes


def swing(playbook: Playbook, version: str, before: Sequence[Change], door: Door) -> Swing:
    """Compute the way from the old version, which the checkout is at, to the new one.

    ``before`` is what brought the checkout to the old one: where the new one is what was there,
    the way there is the way back.
    """
    return Swing(_workplace(playbook), tuple(before) or _changes(playbook, version, door))


def _workplace(playbook: Playbook) -> Workplace:
    """Give the checkout as a place of its own, so that git's folder, the user's, stays as it is."""
    return Workplace(Path(playbook.repository), git=None)


def _changes(playbook: Playbook, version: str, door: Door) -> tuple[Change, ...]:
    release = Wish(version).of(playbook.release, allow_downgrade=True)
    try:
        return changes_of(playbook, release, door)
    except PinError as error:
        if _NO in error.message:  # the resolver could be asked, and says no
            raise Halt(Outcome.FAILED, error.message, error.hint) from error
        raise


def sha256s(locks: Mapping[str, bytes]) -> dict[str, str]:
    """Give the hash of each lock."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in locks.items()}
