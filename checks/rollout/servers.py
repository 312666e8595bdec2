"""Start and stop the server of a slot, and ask what answers there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from deployed import RolloutError

if TYPE_CHECKING:
    from deployed import Deployment, Slot
    from record import Release

#: Seconds for one answer.
PATIENCE = 10.0
#: Seconds for a program that starts or stops a server.
COMMAND = 300.0
#: Seconds between two questions.
POLL = 0.2


def answer(url: str) -> str:
    """Give the text of an answer with a status of 200; OSError for any other."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=PATIENCE) as response:
        if response.status != 200:  # noqa: PLR2004 - OK
            message = f"status {response.status}"
            raise OSError(message)
        text: str = response.read(1 << 20).decode("utf-8", "replace")
        return text


def troubles(url: str, version: str, probe: str) -> list[str]:
    """Say what is wrong with the server at a URL: health, version, a call through to its data."""
    found = []
    for path, wanted in (("/health", ""), ("/version", version), (probe, "")):
        try:
            text = answer(url + path)
        except (OSError, ValueError) as error:
            found.append(f"{path}: {error}")
            continue
        if wanted and text.strip() != wanted:
            found.append(f"{path}: expected {wanted}, actual: {text.strip()[:80]!r}")
    return found


def answers(slot: Slot) -> bool:
    """Say whether any server is at a slot's place."""
    try:
        answer(f"{slot.url}/health")
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def start(deployment: Deployment, slot: Slot, release: Release) -> None:
    """Start a server, and wait until it is healthy and of the release; RolloutError if not."""
    if answers(slot):
        message = f"{slot.url} is taken: something answers there already"
        raise RolloutError(message, f"stop what runs in the slot {slot.name}")
    command(deployment, slot.start)
    deadline = time.monotonic() + deployment.healthy
    while found := troubles(slot.url, release.version, deployment.probe):
        if time.monotonic() > deadline:
            message = f"{slot.name} is not healthy within {deployment.healthy:g} s: {found[0]}"
            raise RolloutError(message, "see its log")
        time.sleep(POLL)


def stop(deployment: Deployment, slot: Slot) -> None:
    """Stop a server, running or not, and see that nothing answers there any more."""
    command(deployment, slot.stop)
    deadline = time.monotonic() + deployment.drain
    while answers(slot):
        if time.monotonic() > deadline:
            message = f"{slot.name} still answers at {slot.url} after it was stopped"
            raise RolloutError(message, "something else runs there: stop it")
        time.sleep(POLL)


def command(deployment: Deployment, argv: tuple[str, ...]) -> None:
    """Run a program to its end, what it prints goes to standard error; RolloutError if it fails."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            env={**os.environ, **deployment.env},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=COMMAND,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{argv[0]}: {error}"
        raise RolloutError(message, "is it installed, and on PATH?") from error
    if done.returncode:
        message = f"{argv[0]} ended with exit code {done.returncode}"
        raise RolloutError(message, "see what it said above")
