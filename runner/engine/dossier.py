"""The dossier: the folder with everything recorded about the upgrade in progress."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from runner.engine.files import write_atomic
from runner.errors import DossierError
from runner.model import Run

_SCRATCH = "upgrade-runner-"
JOURNAL = "journal.jsonl"
"""Name of the journal in the dossier."""
PARTITION = "partition.json"
"""Name of the file in a stage's folder that says what each of its shards takes."""
_LOCK = ".lock"
"""Held by flock(2) while a run is on; a dead process does not hold it."""


class Dossier:
    """``analysis_outputs/live``, open for one run."""

    def __init__(self, output: Path) -> None:
        """Name the folder; nothing is created yet."""
        self.output = output
        """What ``--output`` names."""
        self.live = output / "live"
        """The dossier itself."""

    @property
    def journal(self) -> Path:
        """The journal's path."""
        return self.live / JOURNAL

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the dossier for one run; raises DossierError where another holds it."""
        try:
            self.live.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.live / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise DossierError(
                f"cannot write into {self.live}: {error.strerror}",
                hint="choose another folder with --output",
            ) from error
        try:
            _take(fd, self.live)
            yield
        finally:
            os.close(fd)

    def begin(self, stage: str, run: str) -> None:
        """Make the folders of a stage, and set an earlier run of it aside as it is."""
        folder = self.live / stage
        try:
            if folder.exists():
                earlier = self.live / "earlier"
                earlier.mkdir(exist_ok=True)
                folder.rename(earlier / f"{stage}-before-{run}")
            self.resume(stage)
        except OSError as error:
            raise DossierError(f"cannot prepare {folder}: {error.strerror}") from error

    def resume(self, stage: str) -> None:
        """Make the folders of a stage where they are missing."""
        (self.live / stage / "logs").mkdir(parents=True, exist_ok=True)
        (self.live / stage / "artifacts").mkdir(exist_ok=True)

    def write(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """Write a file of the dossier, given whole or in pieces; raises DossierError."""
        path = self.live / name
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)

    def write_run(
        self, run: Run, results: Iterable[bytes] | None = None, *, encoded: bytes = b""
    ) -> None:
        """Write ``<stage>/run.json``; the run, ``encoded`` where it is that already, is redacted.

        ``results`` gives the results of a run that has none itself, each as it stands in such a
        file, where there are more than memory should hold.
        """
        data = msgspec.json.format(encoded or msgspec.json.encode(run), indent=1) + b"\n"
        whole = data if results is None else _with_results(data, results)
        self.write(f"{run.stage}/run.json", whole)

    def read_run(self, stage: str) -> Run:
        """Read ``<stage>/run.json`` back; raises DossierError."""
        path = self.live / stage / "run.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Run)
        except OSError as error:
            raise DossierError(f"cannot read {path}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DossierError(f"{path} is not a run: {error}") from error

    def runs(self) -> tuple[Run, ...]:
        """Read the run of every stage, in the order in which they began; raises DossierError."""
        stages = (path.parent.name for path in self.live.glob("*/run.json"))
        return tuple(sorted(map(self.read_run, stages), key=lambda run: (run.started, run.stage)))


def _with_results(data: bytes, results: Iterable[bytes]) -> Iterator[bytes]:
    """Put results into the record of a run without any; a text of JSON cannot hold this key."""
    before, _, after = data.partition(b'"results": []')
    yield before + b'"results": ['
    separator, end = b"\n  ", b"]"
    for result in results:
        yield separator + result
        separator, end = b",\n  ", b"\n ]"
    yield end + after


@contextlib.contextmanager
def scratch_folder(run: str) -> Iterator[Path]:
    """Give a folder that is removed after the block, as far as its files' owners allow."""
    with tempfile.TemporaryDirectory(
        prefix=f"{_SCRATCH}{run}-", ignore_cleanup_errors=True
    ) as name:
        yield Path(name).resolve()


def remove_scratch(run: str, temporary: Path | None = None) -> None:
    """Remove the scratch folder of a run that was killed; it was in the folder ``temporary``."""
    for folder in (temporary or Path(tempfile.gettempdir())).glob(f"{_SCRATCH}{run}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _take(fd: int, live: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(fd, 64, 0).decode("ascii", "replace").strip()
        raise DossierError(
            f"another run (pid {holder or 'unknown'}) is writing into {live}",
            hint="wait for it, or choose another folder with --output",
        ) from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def run_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of ``run.json``, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:run:1",
        "title": "A stage of an upgrade, carried out",
        **msgspec.json.schema(Run),
    }
