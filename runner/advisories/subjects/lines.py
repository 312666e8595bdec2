"""Requirement files: their entries, and the files that they include.

Read as pip does (its documentation, "Requirements File Format"; pip 25 ``req/req_file.py``): where
two readers could differ, an entry more is read rather than one less.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.trees import Tree, within

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_INCLUDES = {"-r": False, "--requirement": False, "-c": True, "--constraint": True}
_EDITABLE = ("-e", "--editable")
_BUILD = "--no-binary"
_VALUED = {
    *_INCLUDES, *_EDITABLE,
    "-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links",
    _BUILD, "--only-binary", "--trusted-host", "--use-feature",
}  # fmt: skip
"""Options of a line that take a value."""
_FLAGS = {"--no-index", "--require-hashes", "--prefer-binary", "--pre"}
"""Those that take none."""


@dataclass(frozen=True)
class Line:
    """An entry of a requirement file."""

    file: str
    """Path in the repository."""
    number: int
    """Where it begins; the first line is 1."""
    text: str
    """The requirement, without comment and options; ``-e …`` for an editable one."""
    constraint: bool = False
    """Whether it stands in a file of constraints: those install nothing."""

    @property
    def place(self) -> str:
        """Name file and line."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Files:
    """A requirement file with all that it includes."""

    lines: tuple[Line, ...]
    """Every entry, in the order of the files."""
    contents: Mapping[str, bytes]
    """Every file that was read, by path in the repository."""
    builds: tuple[str, ...] = ()
    """Places that ask for a build from source (``--no-binary``)."""


def read(tree: Tree, file: str) -> Files:
    """Read a file and what it includes, each once.

    Raises SubjectError for a file that cannot be read or leads out of the repository, and for an
    option that is not known.
    """
    waiting = [(within(file), False)]
    done: set[tuple[str, bool]] = set()
    lines: list[Line] = []
    contents: dict[str, bytes] = {}
    builds: list[str] = []
    while waiting:
        path, constraint = waiting.pop(0)
        if (path, constraint) in done:
            continue
        done.add((path, constraint))
        if path not in contents:
            contents[path] = tree.read(path)
        for line in entries(_text(path, contents[path]), path, constraint=constraint):
            if line.text.startswith("-"):
                waiting += _included(line)
                lines += _editable(line)
                builds += [line.place for name, _ in _options(line) if name == _BUILD]
            else:
                lines.append(line)
    return Files(tuple(lines), contents, tuple(builds))


def entries(text: str, file: str, *, constraint: bool = False) -> Iterator[Line]:
    """Give the lines of a text that say something: requirements, and lines of options."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if parts else number
        remark = line.lstrip().startswith("#")
        if line.endswith("\\") and not remark:
            parts.append(line.strip("\\"))
            continue
        # A remark ends what goes on, and must not grow together with the line before it.
        whole, parts = "".join([*parts, " " if remark else "", line]), []
        yield from _entry(Line(file, start, whole, constraint))
    yield from _entry(Line(file, start, "".join(parts), constraint))


def _entry(line: Line) -> Iterator[Line]:
    text = _COMMENT.sub("", line.text).strip()
    if text and not text.startswith("-"):
        text = re.split(r"\s-", text, maxsplit=1)[0].strip()
    if text:
        yield Line(line.file, line.number, text, line.constraint)


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SubjectError(
            f"{path} is not text: {error.reason} at byte {error.start}", hint="save it as UTF-8"
        ) from error


def _included(line: Line) -> Iterator[tuple[str, bool]]:
    for name, value in _options(line):
        if name not in _INCLUDES:
            continue
        if "://" in value or "${" in value:
            raise SubjectError(
                f"{line.place}: {value!r} is no file of the repository",
                hint="include files of the repository only: no address, and no variable",
            )
        yield within(value, line.file), _INCLUDES[name]


def _editable(line: Line) -> Iterator[Line]:
    for name, value in _options(line):
        if name in _EDITABLE:
            yield Line(line.file, line.number, f"-e {value}", line.constraint)


def _options(line: Line) -> Iterator[tuple[str, str]]:
    words = iter(_words(line))
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("--") and word[2:]:
            name, equals, value = word[:2], "=", word[2:]
        if name in _FLAGS and not equals:
            yield name, ""
        elif name in _VALUED and (value := value or next(words, "")):
            yield name, value
        else:
            raise SubjectError(
                f"{line.place}: {word!r} is no option that is known here",
                hint="what it would install cannot be told; see pip's 'Requirements File Format'",
            )


def _words(line: Line) -> list[str]:
    try:
        return shlex.split(line.text)
    except ValueError as error:
        raise SubjectError(
            f"{line.place}: the line cannot be read: {error}", hint="close the quotes"
        ) from error
