"""Files of the dossier."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runner.errors import DossierError
from runner.files import replace_file


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Let a file, given whole or in pieces, appear whole or not at all; raises DossierError."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise DossierError(
            f"cannot write {path}: {error.strerror}",
            hint="free some space, or choose another folder with --output",
        ) from error
