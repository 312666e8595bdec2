"""From a file's bytes to checked YAML nodes: bounded in size, depth and expansion."""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from runner.errors import UsageError
from runner.playbook.nodes import MAP, SEQ, STR, scalar_tag
from runner.playbook.problems import PlaybookInvalid, Problem
from runner.playbook.scan import DEPTH_LIMIT, scan

if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

SIZE_LIMIT = 1024 * 1024
"""Bytes; a larger file is refused unread."""


class Document(msgspec.Struct, frozen=True):
    """A YAML file, parsed and made harmless."""

    name: str
    """Path as the user would type it."""
    sha256: str
    """Of the bytes."""
    root: yaml.MappingNode
    """The whole, mended as the hints of its problems say."""
    problems: tuple[Problem, ...] = ()
    """What no shape has met: the file is invalid where there is any, and read on all the same."""


def read_document(file: Path, name: str) -> Document:
    """Read and parse a file; raises PlaybookInvalid, and UsageError where it cannot be read."""
    content = _bytes_of(file, name)
    _refuse_encoding(content, name)
    root = parse(content, name)
    if root is None:
        raise _invalid(name, 1, 1, "the file is empty", "`runner init` writes a first playbook")
    problems = scan(root)
    if not isinstance(root, yaml.MappingNode):
        top = Problem(name, 1, 1, "file", "expected a mapping at the top")
        raise PlaybookInvalid([*problems, top])
    return Document(name, hashlib.sha256(content).hexdigest(), root, tuple(problems))


def parse(content: bytes, name: str) -> yaml.Node | None:
    """Compose the only document of some YAML; raises PlaybookInvalid."""
    try:
        node: yaml.Node | None = _Loader(_Named(content, name)).get_single_node()
    except yaml.YAMLError as error:
        raise PlaybookInvalid([_syntax(error, name, content)]) from error
    return node


def _bytes_of(file: Path, name: str) -> bytes:
    try:
        # A FIFO or a device has no end, so nothing but a plain file is opened.
        if not stat.S_ISREG(file.stat().st_mode):
            raise UsageError(f"{name}: is not a file", hint="name a playbook with -p FILE")
        with file.open("rb") as stream:
            content = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{name}: {reason}", hint="name a playbook with -p FILE") from error
    except ValueError as error:
        raise UsageError(f"{name!r}: is not a path", hint="name a playbook with -p FILE") from error
    if len(content) > SIZE_LIMIT:
        raise _invalid(name, 1, 1, "the file is larger than 1 MiB", "split it")
    return content


def _refuse_encoding(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(content, error.start)
        raise _invalid(name, line, column, "not UTF-8", "save it as UTF-8") from error
    if (at := content.find(b"\0")) >= 0:
        raise _invalid(name, *_place(content, at), "a NUL character", "remove it")


def _place(content: bytes, offset: int) -> tuple[int, int]:
    before = content[:offset].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _invalid(name: str, line: int, column: int, message: str, hint: str) -> PlaybookInvalid:
    return PlaybookInvalid([Problem(name, line, column, "file", message, hint)])


def _syntax(error: yaml.YAMLError, name: str, content: bytes) -> Problem:
    line = column = 1
    message = str(error).partition("\n")[0]
    if isinstance(error, yaml.MarkedYAMLError):
        message = ", ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
    elif isinstance(error, yaml.reader.ReaderError):
        message = str(error.reason)
        line, column = _place(content, error.position)
    lines = content.decode("utf-8", "replace").splitlines()
    hint = ""
    if line <= len(lines) and "${{" in lines[line - 1]:
        hint = "inside [ ] and { }, a text with ${{ }} must be quoted"
    return Problem(name, line, column, "file", f"not valid YAML: {message}", hint)


class _Named(io.BytesIO):
    """Bytes with a name, which the parser writes into every mark."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


class _Loader(_Base):
    """The parser, with the depth bounded while it still recurses in C."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:  # noqa: ANN401, ARG002
        """Count a level down."""
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            mark = current_node.start_mark if current_node else None
            problem = f"nested deeper than {DEPTH_LIMIT} levels"
            raise yaml.composer.ComposerError(None, None, problem, mark)

    def ascend_resolver(self) -> None:
        """Count a level up."""
        self._depth -= 1

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ANN401
        """Give the tag of a node without one; ``=`` is plain text here."""
        if kind is yaml.ScalarNode:
            return scalar_tag(value, self.yaml_implicit_resolvers) if implicit[0] else STR
        return MAP if kind is yaml.MappingNode else SEQ
