"""From a file to a `Playbook`, or to every problem of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from msgspec.structs import replace

from runner.model import Playbook
from runner.playbook.desk import Desk
from runner.playbook.document import Document, read_document
from runner.playbook.findings import Findings
from runner.playbook.kinds import KindSpec
from runner.playbook.names import ID
from runner.playbook.nodes import child, mapping, pairs
from runner.playbook.overrides import apply
from runner.playbook.paths import Confinement, find_repository
from runner.playbook.problems import PlaybookInvalid, Problem, did_you_mean
from runner.playbook.profiles import lay_over
from runner.playbook.shapes import MapOf, Record
from runner.playbook.top import TOP
from runner.playbook.variant import Variant

_OVERLAY = tuple(replace(one, required=False) for one in TOP.fields if one.key != "profiles")
PROFILES = MapOf(Record(dict[str, yaml.Node], _OVERLAY), ID)
"""The shape of ``profiles``, what they lay over still YAML."""


def load(  # noqa: PLR0913 - each by name
    file: Path,
    *,
    kinds: Mapping[str, KindSpec],
    repository: Path | None = None,
    profile: str = "",
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None,
    others: bool = True,
) -> Playbook:
    """Read a playbook, resolve it, and check all that it says.

    With ``environment`` None, look-ups of the machine's environment are neither checked nor
    resolved, and a check that cannot be read without them is left out: for linting, whose
    result must not depend on the machine. Raises PlaybookInvalid with every problem of the
    playbook, its profiles and its definitions, and UsageError where there is no such file. Without
    ``others``, profiles that are not laid over are left unread: for one that was read whole before.
    """
    document = read_document(file, str(file))
    folder = (repository or find_repository(file)).absolute()
    findings = Findings(certain=list(document.problems))
    base, profiles = _parts(document, findings)
    if profile and profile not in profiles:
        findings.certain.append(_no_such_profile(profile, profiles))
    books: dict[str, Playbook] = {}
    confinement = Confinement(folder)
    for name in (one for one in ("", *profiles) if others or one in {"", profile}):
        selected = name == profile
        desk = Desk(folder, kinds, confinement)
        root = lay_over(base, profiles[name], desk.findings) if name else base
        if selected:
            root = apply(root, overrides, desk.findings)
        known = environment if selected else None
        books[name] = Variant(root, desk, known, str(file), document.sha256, name).read()
        findings.certain.extend(desk.findings.all())
    if problems := findings.all():
        raise PlaybookInvalid(problems)
    return replace(books[profile], rehearsed_as=_rehearsed_as(books[profile], books[""]))


def _rehearsed_as(book: Playbook, plain: Playbook) -> str:
    """Say which profile a rehearsal is under; what the plain playbook names is for itself alone."""
    named, of_plain = (one.rehearsal.profile if one.rehearsal else "" for one in (book, plain))
    return named if named and (not book.profile or named != of_plain) else book.profile


def _parts(
    document: Document, findings: Findings
) -> tuple[yaml.MappingNode, dict[str, yaml.MappingNode]]:
    """Take the profiles out of the root."""
    root = document.root
    node = child(root, "profiles")
    if node is None:
        return root, {}
    findings.attempt(lambda: PROFILES.read(node, "profiles"))
    base = mapping([pair for pair in root.value if pair[1] is not node], root)
    return base, dict(_overlays(node))


def _overlays(node: yaml.Node) -> Iterator[tuple[str, yaml.MappingNode]]:
    known = {one.key for one in _OVERLAY}
    for name, item in pairs(node):
        if isinstance(item, yaml.MappingNode):
            yield name, mapping([pair for pair in item.value if pair[0].value in known], item)


def _no_such_profile(name: str, known: Mapping[str, object]) -> Problem:
    hint = did_you_mean(name, known) or "the playbook has no profiles"
    return Problem("--profile", 1, 1, name, f"there is no profile '{name}'", hint)
