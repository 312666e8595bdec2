"""Whether a restore has to be: the deployment knows how far a rollout has come, the runner not.

A backup that is put back although nothing was migrated takes away what users have written since,
for nothing.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from runner.kinds.database.trouble import DatabaseError


class Way(msgspec.Struct, frozen=True):
    """What it takes to bring a version back, as the program of ``way`` tells in JSON."""

    way: Literal["restore", "keep", "none"]
    """``restore``: the data of before are put back; ``keep``: the version runs on the data as they
    are, and its servers go back; ``none``: nothing was changed, and nothing has to go back."""
    reason: str
    """Why, in one line."""


RESTORED = Way("restore", "")
"""Where no program is asked: the data always go back."""


def read_way(stdout: str, program: str) -> Way:
    """Read what the program of ``way`` printed; raises DatabaseError."""
    try:
        return msgspec.json.decode(stdout, type=Way)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise DatabaseError(
            f"{program} did not tell whether the data have to go back: {error}",
            hint='it must print {"way": "restore", "keep" or "none", "reason": "..."}',
        ) from error
