"""``index``: the package index, asked through pip's own client."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.advisories.sources.base import Door, SourceError
from runner.advisories.tools import harmless, last_words
from runner.release.upstream.base import Question, Told, UpstreamError
from runner.release.upstream.pages import File, files_of, offers_of

_PROBE = Path(__file__).with_name("index_probe.py")
_PATIENCE = 180.0
"""Seconds for all indexes together; pip's own retries fit in."""
_LIMIT = 512 << 20
"""Bytes of the answer, of which the probe limits each page."""
_OK, _NOT_FOUND = 200, 404
_MEND = (
    "it is the index that pip is set up with (`pip config list`, PIP_INDEX_URL): let this machine "
    "reach it, with its certificates and credentials"
)


class _Page(msgspec.Struct, frozen=True):
    where: str
    status: int
    type: str
    body: str
    error: str


class Settings(msgspec.Struct, frozen=True):
    """How pip is set up, for a resolver that does not read its settings."""

    indexes: tuple[str, ...] = ()
    """Addresses with their credentials, the first one first."""
    links: tuple[str, ...] = ()
    """``find-links``."""
    certificates: str = ""
    """A bundle of certificates to trust."""


class _Answer(msgspec.Struct, frozen=True):
    pip: str
    pages: tuple[_Page, ...] = ()
    files: tuple[str, ...] = ()
    settings: Settings = Settings()


@dataclass(frozen=True)
class Index:
    """Every index that pip is set up with."""

    def address(self, question: Question) -> str:
        """Name the client, as its index is not known before it is asked."""
        del question
        return "the package index that pip is set up with"

    def missing(self, question: Question) -> str:
        """Never needed: pip always has an index."""
        del question
        return ""

    def ask(self, question: Question) -> Told:
        """Fetch the package's pages and list its versions; raises UpstreamError."""
        answer = _probe(question.door, question.python, question.package)
        files: list[File] = []
        reached: list[str] = []
        troubles: list[str] = []
        for page in answer.pages:
            where = harmless(page.where)
            if page.status == _OK and not page.error:
                try:
                    files.extend(files_of(page.body, page.type))
                    reached.append(where)
                except ValueError as error:
                    troubles.append(f"{where} answers with a page that cannot be read: {error}")
            elif page.error or page.status != _NOT_FOUND:
                troubles.append(f"{where}: {harmless(page.error) or f'status {page.status}'}")
        if troubles:
            # One index of several that is down could be the one with the newer version.
            raise UpstreamError(f"the package index: {'; '.join(troubles)}", hint=_MEND)
        _, strange = offers_of(files, question.package)
        # Beside the package's own files, `find-links` has those of others.
        files.extend(File(name) for name in answer.files)
        offers, _ = offers_of(files, question.package)
        if not offers:
            asked = ", ".join(harmless(page.where) for page in answer.pages) or "find-links"
            raise UpstreamError(
                f"no version of {question.package} in {asked}",
                hint=f"check 'release.package'; {_MEND}",
            )
        variables = environment(answer.settings, question.door.env)
        return Told(
            offers=offers, notes=tuple(_notes(answer, reached, strange)), variables=variables
        )


INDEX = Index()
"""The package index."""


def _probe(door: Door, python: str, package: str) -> _Answer:
    """Ask the release's pip, or the runner's own where that interpreter has none."""
    troubles: list[str] = []
    for interpreter in dict.fromkeys((python, sys.executable)):
        try:
            answer = _run(door, interpreter, package)
        except UpstreamError as error:
            troubles.append(error.message)
            continue
        if answer.pip:
            return answer
        troubles.append(f"{interpreter} has no pip")
    raise UpstreamError(
        f"the package index was not asked: {'; '.join(troubles)}",
        hint="install pip for the interpreter of the release, or of the runner",
    )


def _run(door: Door, python: str, package: str) -> _Answer:
    with tempfile.TemporaryDirectory(prefix="index-", dir=door.scratch) as folder:
        file = Path(folder, "answer.json")
        # Isolated, so that a pip.py of the repository is not taken for pip.
        argv = (python, "-I", str(_PROBE), package, str(file))
        try:
            ended = door.run(argv, timeout=_PATIENCE)
        except SourceError as error:
            raise UpstreamError(error.message, hint=_MEND) from error
        try:
            if file.stat().st_size > _LIMIT:
                raise UpstreamError("the package index answers with too much", hint=_MEND)
            return msgspec.json.decode(file.read_bytes(), type=_Answer)
        except (OSError, msgspec.DecodeError) as error:
            told = f"{python} gave no answer of its pip: {last_words(ended)}"
            raise UpstreamError(told, hint=_MEND) from error


def _notes(answer: _Answer, reached: list[str], strange: int) -> list[str]:
    notes = [f"asked {', '.join(reached)} through pip {answer.pip}"] if reached else []
    if strange:
        notes.append(f"files with a name that is not the package's: {strange}")
    return notes


def environment(told: Settings, env: Mapping[str, str]) -> Mapping[str, str]:
    """Give the variables that set uv up as pip is, where nobody has set uv up.

    All indexes count alike, as they do for pip.
    """
    stated: dict[str, str] = {}
    if not any(env.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        first, *others = told.indexes or ("",)
        if first:
            stated["UV_DEFAULT_INDEX"] = first
        if others:
            stated["UV_INDEX"] = " ".join(others)
            stated["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if told.links and not env.get("UV_FIND_LINKS"):
            stated["UV_FIND_LINKS"] = ",".join(told.links)
    if told.certificates and not env.get("SSL_CERT_FILE"):
        stated["SSL_CERT_FILE"] = told.certificates
    return stated
