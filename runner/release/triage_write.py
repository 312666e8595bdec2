"""``runner triage --write``: what was recommended, recorded in the playbook."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from runner.errors import UsageError
from runner.files import replace_file
from runner.model import Playbook
from runner.release.playbook_scalars import set_texts
from runner.release.texts import encode, read
from runner.release.triage import Triage


def write(playbook: Playbook, triage: Triage) -> str:
    """Record target and day, and say what was recorded; a playbook that says so already stays.

    They are tentative: no pin changes. Raises PinError, and UsageError for a playbook that is
    behind a link out of the repository, has changed since it was read, or cannot be written.
    """
    file = _confined(playbook)
    text = read(file, playbook.file)
    if hashlib.sha256(encode(text)).hexdigest() != playbook.sha256:
        raise UsageError(f"{playbook.file} has changed since it was read", hint="triage again")
    values = {"triaged": triage.taken[:10]}
    if triage.recommendation.version is not None:
        values = {"target": str(triage.recommendation.version), **values}
    changed = set_texts(text, values, playbook.file)
    if changed != text:
        _replace(file, changed, playbook.file)
    told = ", ".join(f"release.{key} is {value}" for key, value in values.items())
    return f"{playbook.file}: {told}"


def _confined(playbook: Playbook) -> Path:
    real = Path(os.path.realpath(playbook.file))
    if not real.is_relative_to(os.path.realpath(playbook.repository)):
        raise UsageError(
            f"{playbook.file} leads out of the repository, and is not written",
            hint="name the playbook itself with -p",
        )
    return real


def _replace(file: Path, text: str, name: str) -> None:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        replace_file(file, encode(text))
        file.chmod(mode)
    except OSError as error:
        raise UsageError(
            f"{name} cannot be written: {error.strerror}", hint="let its folder be written"
        ) from error
