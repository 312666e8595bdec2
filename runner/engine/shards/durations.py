"""How long checks took, from the record of an earlier run: a dossier, a file of it, or a bundle."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from runner.engine.journal import read
from runner.errors import DossierError, UsageError
from runner.model import Shard

_LARGEST = 256 << 20
"""Bytes of a record that is read; that of 100,000 checks has about 250 MB."""


class _Took(msgspec.Struct, frozen=True):
    """What is read of a result."""

    check: str
    duration: float
    started: str = ""


class _Record(msgspec.Struct, frozen=True):
    """What is read of ``run.json``."""

    stage: str
    results: tuple[_Took, ...]
    shard: Shard | None = None


def recorded_durations(path: Path, stage: str) -> Mapping[str, float]:
    """Give the seconds that each check of a stage took, as far as it ran.

    ``path`` is an output folder or its ``live``, a ``run.json``, a ``journal.jsonl``, or a bundle.
    Raises UsageError where it holds no run of the stage.
    """
    try:
        took = _read(path, stage)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise UsageError(f"cannot read durations from {path}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, DossierError) as error:
        raise UsageError(f"{path} is no record of a run: {error}", hint=_HINT) from error
    if took is None:
        raise UsageError(f"{path} holds no run of '{stage}'", hint=_HINT)
    return took


_HINT = "--durations takes an output folder, a run.json, a journal.jsonl or a bundle"


def durations_at_hand(live: Path, stage: str) -> Mapping[str, float]:
    """Give what the last whole run of a stage in a dossier took; nothing where there is none.

    The record of a single shard is not used: the other shards would not have the same.
    """
    try:
        record = _decode((live / stage / "run.json").read_bytes(), stage)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return _durations(record.results) if record and record.shard is None else {}


def _read(path: Path, stage: str) -> Mapping[str, float] | None:
    if path.is_dir():
        homes = (path / "live", path)
        found = next((home for home in homes if (home / stage / "run.json").is_file()), None)
        return None if found is None else _read(found / stage / "run.json", stage)
    if path.name.endswith((".tar.gz", ".tgz")):
        return _told(_from_bundle(path, stage), stage)
    if path.suffix == ".jsonl":
        return _from_journal(path, stage)
    return _told(path.read_bytes(), stage)


def _told(content: bytes | None, stage: str) -> Mapping[str, float] | None:
    record = None if content is None else _decode(content, stage)
    return None if record is None else _durations(record.results)


def _decode(content: bytes, stage: str) -> _Record | None:
    record = msgspec.json.decode(content, type=_Record)
    return record if record.stage == stage else None


def _durations(results: tuple[_Took, ...]) -> Mapping[str, float]:
    return {one.check: one.duration for one in results if one.started}


def _from_bundle(path: Path, stage: str) -> bytes | None:
    """Read one entry of a bundle; nothing is extracted."""
    with tarfile.open(path, "r:gz") as archive:
        for entry in archive:
            _, _, name = entry.name.partition("/")
            if name == f"{stage}/run.json" and entry.isreg() and entry.size <= _LARGEST:
                stream = archive.extractfile(entry)
                return stream.read() if stream else None
    return None


def _from_journal(path: Path, stage: str) -> Mapping[str, float] | None:
    """Read the last result of each check in the runs of the stage."""
    if not path.is_file():
        raise FileNotFoundError(path)
    took: dict[str, float] = {}
    run = ""
    for entry in read(path):
        if entry.event == "run_started":
            run = entry.run if entry.value()["stage"] == stage else ""
        elif entry.event == "check_ended" and run and entry.run == run:
            one: _Took = entry.value(_Took)
            took |= {one.check: one.duration} if one.started else {}
    return took or None
