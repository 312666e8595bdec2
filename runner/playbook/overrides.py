"""``--set KEY=VALUE``: single values laid over the playbook from the command line."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from runner.playbook.document import parse
from runner.playbook.findings import Findings
from runner.playbook.nodes import STR, child, items, mapping, pairs
from runner.playbook.problems import PlaybookInvalid, Problem, did_you_mean
from runner.playbook.profiles import lay_over
from runner.playbook.scan import scan
from runner.playbook.stages import id_of

SOURCE = "--set"
"""What stands for the file in the place of such a value."""

_FREE = {"vars", "services", "stages"}
"""Keys with free names below them, of which only those that are there can be set."""


def apply(root: yaml.MappingNode, overrides: Sequence[str], findings: Findings) -> yaml.MappingNode:
    """Give the playbook with every override laid over it, in order."""
    for text in overrides:
        try:
            root = lay_over(root, _overlay(root, text), findings)
        except PlaybookInvalid as error:
            findings.certain.extend(error.problems)
    return root


def _overlay(root: yaml.MappingNode, text: str) -> yaml.MappingNode:
    path, equals, written = text.partition("=")
    words = path.split(".")
    if not equals or not all(words):
        raise _wrong(1, path or text, "expected KEY=VALUE", "as in --set vars.port=5051")
    column = len(path) + 2
    _refuse_unknown(root, words)
    node = _value(written, column, path)
    mark = yaml.Mark(SOURCE, 0, 0, 0, None, 0)
    for word in reversed(words):
        name = yaml.ScalarNode(STR, word, mark, mark)
        node = mapping([(name, node)], name)
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - there is at least one word
    return node


def _value(written: str, column: int, path: str) -> yaml.Node:
    try:
        content = written.encode()
    except UnicodeEncodeError as error:
        raise _wrong(column, path, "not text that can be written as UTF-8") from error
    # The blanks before it give the value the column that it has on the command line.
    node = parse(b" " * (column - 1) + content, SOURCE)
    if node is None:
        mark = yaml.Mark(SOURCE, 0, 0, column - 1, None, 0)
        return yaml.ScalarNode(STR, "", mark, mark)
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(column, path, "expected a single value", "quote it, or use a profile")
    if problems := scan(node):
        raise PlaybookInvalid(problems)
    return node


def _refuse_unknown(root: yaml.MappingNode, words: list[str]) -> None:
    node: yaml.Node | None = root
    for depth, word in enumerate(words):
        known = [name for name, _ in pairs(node)]
        if depth == 2 and words[0] == "stages":  # noqa: PLR2004 - stages, NAME, CHECK
            checks = items(child(root, *words[:2]))
            known = [id_of(check, index) for index, check in enumerate(checks)]
            node = checks[known.index(word)] if word in known else None
            strict = True
        else:
            node = child(node, word)
            strict = depth == 1 and words[0] in _FREE
        if node is None and strict:
            raise _wrong(1, ".".join(words), f"there is no '{word}'", did_you_mean(word, known))
    if words[0] == "profiles":
        raise _wrong(1, ".".join(words), "a profile cannot be changed", "set what it changes")


def _wrong(column: int, key: str, message: str, hint: str = "") -> PlaybookInvalid:
    return PlaybookInvalid([Problem(SOURCE, 1, column, key, message, hint)])
