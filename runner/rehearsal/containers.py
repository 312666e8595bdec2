"""Containers of a rehearsal: a Compose project of its own, none of the user's."""

from __future__ import annotations

from runner.advisories.sources.base import Door, SourceError
from runner.advisories.tools import last_words
from runner.model import Playbook

PROJECT = "COMPOSE_PROJECT_NAME"
"""Compose's variable for the name of a project."""
USER = "REHEARSAL_USER"
"""The variable with ``uid:gid`` of the runner, as which containers may write into its folders."""
_LABEL = "label=com.docker.compose.project="
"""What Compose puts on all that it makes (Compose file reference, "labels")."""
_KINDS = (
    (("ps", "--all"), ("rm", "--force", "--volumes")),
    (("network", "ls"), ("network", "rm")),
    (("volume", "ls"), ("volume", "rm", "--force")),
)
"""How each kind of thing is listed and removed: containers before what they hold."""


def project_of(playbook: Playbook, rehearsal: str) -> str:
    """Name the project of a rehearsal; empty where the playbook has no Compose service."""
    used = any(one.compose is not None for one in playbook.services.values())
    return rehearsal.lower() if used else ""


def remove(project: str, door: Door) -> tuple[str, ...]:
    """Remove whatever is left of a project, and say what; raises SourceError."""
    told: list[str] = []
    for listing, removal in _KINDS if project else ():
        found = _docker(door, *listing, "--quiet", "--filter", f"{_LABEL}{project}").split()
        if found:
            _docker(door, *removal, *found)
            told += [f"{listing[0].replace('ps', 'container')} {one[:12]}" for one in found]
    return tuple(told)


def _docker(door: Door, *words: str) -> str:
    ended = door.run(("docker", *words))
    if ended.exit_code:
        raise SourceError(f"docker {words[0]}: {last_words(ended)}", hint="is the daemon up?")
    return ended.stdout.decode()
