"""Which way a release is rolled out, by what it would do to the database.

Two releases can serve at once only where both take the database as it is. A newer server migrates
the database as it starts, and an older one refuses a database of a newer schema as soon as it has
to start again, so that neither blue/green nor a rolling restart has a way back then: nothing may
write between the backup and the end of the migration.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployed import RolloutError

if TYPE_CHECKING:
    from deployed import Deployment
    from record import Release

STOP, BLUE_GREEN, ROLLING = "stop-migrate-start", "blue-green", "rolling"
#: Of a way back after which nothing is left to do: the release has the traffic.
AS_IT_IS = "as-it-is"
AUTO = "auto"
#: Seconds for the program that tells revisions; a container may have to be made.
PATIENCE = 120.0


class RefusedError(Exception):
    """The wished strategy would be wrong, and why."""


@dataclass(frozen=True)
class Schema:
    """What a release's own migrations are."""

    head: str
    """What it brings a database to; several heads are joined by commas, in order."""
    known: frozenset[str]
    """Every revision that it knows."""


def schema_of(deployment: Deployment, release: Release) -> Schema | None:
    """Ask a release; None where the deployment says that no release has migrations."""
    if not deployment.revisions:
        return None
    argv = [placed(word, release) for word in deployment.revisions]
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            timeout=PATIENCE,
        )
        told = json.loads(done.stdout if not done.returncode else "null")
        heads, known = sorted(told["heads"]), frozenset(told["revisions"])
    except (OSError, ValueError, TypeError, KeyError, subprocess.TimeoutExpired) as error:
        message = f"{argv[0]} did not tell the revisions of {release.version}: {error!r}"
        raise RolloutError(message, "is the release installed?") from error
    if not heads or not known.issuperset(heads):
        message = f"{argv[0]} told no head of {release.version}"
        raise RolloutError(message, "see 'revisions' of the deployment")
    return Schema(",".join(heads), known)


def placed(word: str, release: Release) -> str:
    """Put a release's places into a word."""
    return (
        word.replace("{environment}", release.environment)
        .replace("{image}", release.image)
        .replace("{version}", release.version)
    )


def choose(
    wished: str, revision: str, schema: Schema | None, live: int, idle: int
) -> tuple[str, str]:
    """Give the strategy and the reason for it; RefusedError where the wished one would be wrong.

    ``revision`` is the database's, ``live`` and ``idle`` count the slots with and without traffic.
    """
    if schema is not None and set(filter(None, revision.split(","))) - schema.known:
        message = (
            f"the database is at revision {revision}, which the release does not know: it is of a "
            "newer one"
        )
        raise RefusedError(message)
    if schema is not None and revision != schema.head:
        there = f"the release migrates the database from {revision or 'none'} to {schema.head}"
        why = f"{there}, which the servers of before cannot run on"
        if wished in {BLUE_GREEN, ROLLING}:
            message = f"{wished} is refused: {why}; {STOP} is the way"
            raise RefusedError(message)
        return STOP, f"{BLUE_GREEN} is refused: {why}" if wished == AUTO else why
    same = f"both take the database at revision {revision}" if schema else "there is no migration"
    if wished == ROLLING and live < 2:  # noqa: PLR2004 - one stops, another one serves
        message = f"{ROLLING} is refused: {live} slot has the traffic, and nobody would have it"
        raise RefusedError(message)
    if wished == BLUE_GREEN and not idle:
        message = f"{BLUE_GREEN} is refused: no slot is free"
        raise RefusedError(message)
    if wished != AUTO:
        return wished, same
    chosen = BLUE_GREEN if idle else ROLLING if live > 1 else STOP
    return chosen, same
