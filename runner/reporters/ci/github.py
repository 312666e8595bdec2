"""GitHub Actions.

Sources: "Workflow commands for GitHub Actions" of its documentation, and `ActionCommand` and
`ActionCommandManager` of the runner's own sources (actions/runner). Gitea and Forgejo read the
same commands.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from runner.reporters.ci.base import Note, Product, Section, Silent
from runner.reporters.text import clean, count, one_line

_MOST: Final = 10
"""Notes of a level that one step may show; GitHub drops the rest without a word."""
_SUMMARY_LIMIT: Final = 1 << 20
"""Bytes that one step may put into its summary; a larger one is refused as a whole."""
_CUT: Final = "\n\n_The summary is cut here: a step has 1 MiB. The whole is in the dossier._\n"


def _token() -> str:
    return secrets.token_hex(16)


class GitHub(Silent):
    """Speaks workflow commands, and writes the files that the runner names."""

    token: Callable[[], str] = _token
    """Gives what nobody can foresee: the word that ends a fence, and delimiters."""
    name: str = "github"
    """As people know it."""
    private: frozenset[str] = frozenset(
        {
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "GITHUB_ENV",
            "GITHUB_OUTPUT",
            "GITHUB_PATH",
            "GITHUB_STATE",
            "GITHUB_STEP_SUMMARY",
        }
    )
    """The files of commands, and what an identity of the workflow is asked for with."""
    fences: bool = True
    """Commands are stopped until a word comes that only we know."""
    workspace: str = "GITHUB_WORKSPACE"
    """The checkout."""
    _fence: str = ""

    def open_section(self, section: Section) -> Iterator[str]:
        """Begin a group, and stop commands."""
        self._fence = self.token()
        yield f"::group::{_data(section.title)}"
        yield f"::stop-commands::{self._fence}"

    def close_section(self, section: Section) -> Iterator[str]:
        """Let commands count again, and end the group."""
        del section
        yield f"::{self._fence}::"
        yield "::endgroup::"

    def note(self, notes: tuple[Note, ...]) -> Iterator[str]:
        """Annotate lines; where there are more notes than may be shown, the last says so."""
        ordered = sorted(notes, key=lambda one: one.level)
        for level, group in groupby(ordered, lambda one: one.level):
            found = list(group)
            kept = found if len(found) <= _MOST else found[: _MOST - 1]
            for one in kept:
                yield self._annotation(one)
            if more := len(found) - len(kept):
                text = f"and {count(more, level)} more: the log and the summary have them"
                yield self._annotation(Note(level, "More", text))

    def _annotation(self, note: Note) -> str:
        properties = {"title": one_line(note.title)}
        if note.place:
            place = self.located(note.place)
            place_ = {"file": place.file, "line": str(place.line), "col": str(place.column)}
            properties = place_ | properties
        told = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
        return f"::{note.level} {told}::{_data(clean(note.message))}"

    def hand_over(self, product: Product) -> Iterable[str]:
        """Write the step's outputs and add to its summary; raises OSError."""
        if product.values and (file := self.environ.get("GITHUB_OUTPUT")):
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write("".join(map(self._output, product.values.items())))
        if product.summary and (file := self.environ.get("GITHUB_STEP_SUMMARY")):
            _add_summary(Path(file), product.summary.read_bytes())
        return ()

    def _output(self, item: tuple[str, str]) -> str:
        """Give an output between delimiters that its value cannot hold."""
        name, value = item
        mark = f"end_{self.token()}"
        return f"{name}<<{mark}\n{value}\n{mark}\n"


GITHUB = GitHub
"""The system."""


def _add_summary(path: Path, content: bytes) -> None:
    used = path.stat().st_size if path.exists() else 0
    room = _SUMMARY_LIMIT - used
    if len(content) > room:
        whole = content[: max(room - len(_CUT.encode()), 0)].rpartition(b"\n")[0]
        content = whole + _CUT.encode() if whole else b""
    with path.open("ab") as stream:
        stream.write(content)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
