"""CycloneDX bills of materials of what was scanned, with the vulnerabilities that were found.

The format is CycloneDX 1.6 as JSON (ECMA-424): wider known to readers than 1.7, and nothing of what
is told here needs more.
"""

from __future__ import annotations

from runner.advisories.snapshot import Snapshot
from runner.model import Run
from runner.reporters.base import Context, Dossier
from runner.reporters.recorded import AFTER, BEFORE, recorded

_TARGETS = {BEFORE: "sbom-before.cdx.json", AFTER: "sbom-after.cdx.json"}
"""The bill of each snapshot."""


def sbom(snapshot: Snapshot) -> bytes:
    """Give the bill of materials of a snapshot; equal snapshots give equal bytes."""
    from runner.reporters.sbom.bom import document  # CycloneDX's library takes 100 ms to import

    return document(snapshot)


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write ``sbom-before.cdx.json`` and ``sbom-after.cdx.json``, each where the run recorded it.

    Raises DossierError and SnapshotError.
    """
    del context
    for name, target in _TARGETS.items():
        scan = recorded(run, dossier, name)
        if scan is not None:
            dossier.write(target, sbom(scan.snapshot))
