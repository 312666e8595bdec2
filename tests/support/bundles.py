"""Bundles, opened as anybody would open them."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpacked(bundle: Path) -> dict[str, bytes]:
    """Give the content of every file of a bundle, by its path in the archive."""
    found = {}
    with tarfile.open(bundle) as archive:
        for one in archive:
            content = archive.extractfile(one)
            assert content is not None, f"{one.name} is no file"
            found[one.name] = content.read()
    return found
