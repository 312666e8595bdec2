"""``upgrade.json``: which upgrade a dossier is about, and where it was worked on."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from runner import __version__
from runner.engine.clock import now
from runner.engine.dossier import Dossier
from runner.errors import UsageError
from runner.model import PREFLIGHT, Begun, Subject

NAME = "upgrade.json"
"""Path in the dossier."""


def record(
    dossier: Dossier,
    subject: Subject,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
    *,
    anew: bool = False,
) -> bytes:
    """Give the content: ``from`` is the version with which the dossier was begun.

    ``elsewhere`` gives ``from`` and ``begun`` of an upgrade that was begun elsewhere, or that
    begins ``anew``, whatever the dossier was about before.
    """
    before = {} if anew else _before(dossier.live)
    if before.get("package", subject.package) != subject.package:
        before = {}
    known = {**elsewhere, **before}
    content = {
        "package": subject.package,
        "from": known.get("from", subject.version),
        "to": subject.version,
        "begun": known.get("begun", now()),
        "commit": subject.commit,
        "actor": _actor(),
        "host": os.uname().nodename,
        "tools": {
            "upgrade-runner": __version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def begun(live: Path) -> Begun:
    """Give where the upgrade of a dossier began, as far as that is known."""
    known = _before(live)
    return Begun(str(known.get("from", "")), str(known.get("begun", "")))


def begun_from(live: Path) -> str:
    """Give the version with which a dossier was begun; empty where that is not known."""
    return begun(live).version


def refuse_another(live: Path, stage: str, subject: Subject) -> None:
    """Raise UsageError for the preflight of an upgrade that the dossier is not about.

    Its backups would take the place of those that the dossier's own upgrade goes back to.
    """
    known = _before(live)
    begun_with = str(known.get("from", subject.version))
    if stage != PREFLIGHT or known.get("package", subject.package) != subject.package:
        return
    if begun_with != subject.version:
        raise UsageError(
            f"{live} is about an upgrade from {begun_with}: the preflight of {subject.version} "
            "begins another one",
            hint="give it a folder of its own (--output DIR), or move that one away",
        )


def _before(live: Path) -> dict[str, Any]:
    """Give what an earlier run recorded of the same dossier; nothing where it is not readable."""
    try:
        known = msgspec.json.decode((live / NAME).read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    return known if isinstance(known, dict) else {}


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in many containers
        return "unknown"
