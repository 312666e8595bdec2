"""Run a program as a client would: in the environment of a release, told where to call."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from deployed import RolloutError
from going import the
from record import come_to, fitting
from strategies import STOP

if TYPE_CHECKING:
    from deployed import Deployment
    from going import Told
    from record import Record, Release


def release_of(record: Record, who: str) -> Release:
    """Give the release before the rollout (``old``), or the one that is rolled out (``new``)."""
    found = record.before if who == "old" else record.release
    if found is None:
        message = f"there is no {who} release: nothing was decided yet"
        raise RolloutError(message, "run the check that decides on the strategy first")
    return found


def url_of(deployment: Deployment, record: Record, where: str) -> str:
    """Give the URL of the users (``public``), or of a slot by itself (``old``, ``new``)."""
    if where == "public":
        return deployment.public
    name = (record.old or ("",))[0] if where == "old" else record.new
    return deployment.slot(name).url


def within(deployment: Deployment, release: Release, url: str) -> dict[str, str]:
    """Give the environment variables of such a client."""
    env = {**os.environ, **deployment.env, deployment.url_variable: url}
    if release.environment:
        folder = os.path.join(release.environment, "bin")  # noqa: PTH118 - for PATH, as a text
        env["PATH"] = os.pathsep.join(filter(None, [folder, env.get("PATH", "")]))
        env["VIRTUAL_ENV"] = release.environment
    return env


def execute(argv: tuple[str, ...], env: dict[str, str]) -> int:
    """Run a program to its end and give its exit code; its output is that of this process."""
    try:
        return subprocess.run(argv, check=False, env=env, stdin=subprocess.DEVNULL).returncode
    except OSError as error:
        message = f"{argv[0]}: {error.strerror}"
        raise RolloutError(message, "is it in the environment of the release?") from error


def migrate(deployment: Deployment, record: Record, argv: tuple[str, ...]) -> Told:
    """Bring the database to the release's schema, while nothing runs, by the release's own means.

    From here on there is no way back but the backup, which is noted before it begins.
    """
    if record.strategy != STOP:
        return {"migrated": False, "reason": record.reason}
    if record.phase == "migrated":  # by one that was cut off before it could be told
        return {"migrated": True, "reason": record.reason}
    if record.phase not in {"stopped", "migrating"}:
        message = f"the rollout has come to '{record.phase}': a server may still write"
        raise RolloutError(message, "stop the old servers first")
    if record.migrates:
        record = replace(record, fits=())
    record, release = come_to(deployment, record, "migrating"), the(record)
    # Its words are for the log: standard output is one JSON object.
    shell = ("/bin/sh", "-c", '"$@" >&2', "migrate", *argv)
    if code := execute(shell, within(deployment, release, "")):
        message = f"{argv[0]} ended with exit code {code}: the database may be half-way"
        raise RolloutError(message, "take it back: runner rollback")
    come_to(deployment, fitting(record, release), "migrated")
    return {"migrated": True, "reason": record.reason}
