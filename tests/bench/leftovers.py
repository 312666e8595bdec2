"""What to do with what an earlier round has left."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


def remove(*paths: Path) -> None:
    """Remove a few files, however large, or a folder of few."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def put_aside(*paths: Path) -> None:
    """Put many files out of the way.

    Removing them would slow the next round: for five seconds ext4 goes around the inodes of
    removed files, one by one, whenever a file is made.
    """
    for path in paths:
        if path.exists():
            folder = Path(tempfile.mkdtemp(prefix=".aside-", dir=path.parent))
            path.rename(folder / path.name)
