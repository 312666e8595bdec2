"""Dossiers in the folders that a user, or a CI engine's download of artifacts, gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runner.engine.dossier import JOURNAL
from runner.engine.upgrade import NAME


def dossiers(folders: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Give the dossiers, and what is to be said of folders that are none.

    A folder is a dossier, an output folder with one in ``live``, or holds several of either: that
    is what downloaded artifacts look like.
    """
    found: list[Path] = []
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{folder}: there is no such folder")
        elif (one := _dossier(folder)) is not None:
            found.append(one)
        else:
            _inside(folder, found, problems)
    return tuple(found), tuple(problems)


def _dossier(folder: Path) -> Path | None:
    for one in (folder, folder / "live", folder / "analysis_outputs" / "live"):
        if (one / NAME).is_file() or (one / JOURNAL).is_file():
            return one
    return None


def _inside(folder: Path, found: list[Path], problems: list[str]) -> None:
    inner = sorted(one for one in folder.iterdir() if one.is_dir())
    known = [(one, _dossier(one)) for one in inner]
    if not any(dossier for _, dossier in known):
        problems.append(f"{folder}: is no dossier, and holds none")
        return
    found += [dossier for _, dossier in known if dossier]
    problems += [f"{one}: is no dossier" for one, dossier in known if not dossier]
