"""What is attested: in-toto Statements v1, one for each stage and for each source of a scan.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from runner.evidence.contents import SCANS, Contents
from runner.evidence.manifest import NAME, Manifest, encode
from runner.evidence.test_result import PREDICATE as TEST_RESULT
from runner.evidence.test_result import tested
from runner.evidence.vulns import PREDICATE as VULNS
from runner.evidence.vulns import scan_of, vulns
from runner.model import Run

TYPE: Final = "https://in-toto.io/Statement/v1"
"""Of every statement."""
PAYLOAD: Final = "application/vnd.in-toto+json"
"""The type of a statement in an envelope."""
_LOCKS: Final = dict(zip(SCANS, ("locks/before.txt", "locks/after.txt"), strict=True))
"""What each scan was of."""
_GIT: Final = "gitCommit"


def statements(
    manifest: Manifest, contents: Contents, *, git: bool = True
) -> Iterator[tuple[str, bytes]]:
    """Give the only statements that can be made of a bundle, each with the file that it is of.

    Without ``git`` the commit is no subject, for libraries that know no digest of that kind; it is
    bound by the manifest all the same. Raises ValueError where a record cannot be read.
    """
    runs = {path: _run(path, content) for path, content in contents.runs.items()}
    for path, run in runs.items():
        subjects = _subjects(manifest, contents, run.subject.commit if git else "", SCANS[1])
        yield path, _statement(subjects, TEST_RESULT, tested(run))
    for name in SCANS:
        scan = scan_of(manifest, contents, name, runs.values())
        if scan is None:
            continue
        subjects = _subjects(manifest, contents, scan.snapshot.commit if git else "", name)
        for report in scan.snapshot.reports:
            yield name, _statement(subjects, VULNS, vulns(scan, report))


def _run(path: str, content: bytes) -> Run:
    try:
        return msgspec.json.decode(content, type=Run)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not the record of a run") from error


def _statement(subjects: list[dict[str, Any]], kind: str, predicate: dict[str, Any]) -> bytes:
    return msgspec.json.encode(
        {"_type": TYPE, "subject": subjects, "predicateType": kind, "predicate": predicate}
    )


def _subjects(
    manifest: Manifest, contents: Contents, commit: str, scan: str
) -> list[dict[str, Any]]:
    """Name the bundle by its manifest, the commit, the lock, and the image that ships."""
    digest = hashlib.sha256(encode(manifest)).hexdigest()
    found = [{"name": f"{manifest.folder}/{NAME}", "digest": {"sha256": digest}}]
    if commit:
        found.append({"name": "commit", "digest": {_GIT: commit}})
    found += (
        {"name": one.path, "digest": {"sha256": one.sha256}}
        for one in manifest.files
        if one.path == _LOCKS[scan]
    )
    image = contents.image
    if image is not None and scan == SCANS[1]:
        digest = image.digest.removeprefix("sha256:")
        found.append({"name": image.reference, "digest": {"sha256": digest}})
    return found
