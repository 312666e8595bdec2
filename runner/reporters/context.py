"""``<stage>/context.json``: what reports need that only the moment of the run knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from runner.errors import DossierError
from runner.model import Place, Run
from runner.reporters.base import Checkout, Context, Dialect, Dossier
from runner.reporters.scans import scans

NAME = "context.json"
"""Name of the file in the folder of a stage."""
_UPGRADE = "upgrade.json"


class _Upgrade(msgspec.Struct, frozen=True):
    """What is read of ``upgrade.json``, which tells of the last run alone."""

    before: str = msgspec.field(name="from")


def gather(
    run: Run,
    dossier: Dossier,
    repository: Path,
    files: Iterable[str],
    dialect: Dialect,
    checkout: Checkout | None = None,
) -> Context:
    """Look into the repository for what a run's reports will point at, and keep it.

    ``files`` may name packages too, besides what was scanned: the pins. Raises DossierError, and
    SnapshotError for what is no snapshot.
    """
    places = _places(run, dossier, repository, tuple(files))
    return _keep(Context(dialect, _before(dossier), places, checkout), run, dossier)


def join(run: Run, dossier: Dossier, dialect: Dialect) -> Context:
    """Put together what the shards of a run have gathered, and keep it; raises DossierError."""
    places: dict[str, Place] = {}
    checkouts: list[Checkout] = []
    for folder in sorted((dossier.live / run.stage / "shards").glob("*/")):
        known = _read(folder / NAME)
        places |= known.places
        checkouts += [known.checkout] if known.checkout else []
    made = Context(dialect, _before(dossier), places, _one(checkouts))
    return _keep(made, run, dossier)


def _one(checkouts: Sequence[Checkout]) -> Checkout | None:
    """Give the checkouts of jobs as one, as each machine may have had it in another place."""
    if not checkouts:
        return None
    roots = dict.fromkeys(root for one in checkouts for root in one.roots)
    return Checkout(tuple(roots), checkouts[0].folder)


def read(live: Path, stage: str) -> Context:
    """Read it back; the defaults where a run was killed before it could be written.

    Raises DossierError.
    """
    return _read(live / stage / NAME)


def _read(path: Path) -> Context:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Context)
    except FileNotFoundError:
        return Context()
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DossierError(f"{path} is no context of reports: {error}") from error


def _keep(context: Context, run: Run, dossier: Dossier) -> Context:
    data = msgspec.json.format(msgspec.json.encode(context), indent=1) + b"\n"
    dossier.write(f"{run.stage}/{NAME}", data)
    return context


def _before(dossier: Dossier) -> str:
    try:
        known = msgspec.json.decode((dossier.live / _UPGRADE).read_bytes(), type=_Upgrade)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return known.before


def _places(
    run: Run, dossier: Dossier, repository: Path, files: tuple[str, ...]
) -> Mapping[str, Place]:
    if not scans(run):
        return {}
    from runner.reporters.sarif import places_of  # most runs scan nothing

    return places_of(run, dossier, repository, files)
