"""The shapes of names and environments, and the slug that a title makes."""

from __future__ import annotations

import re
import unicodedata

import yaml

from runner.playbook.expressions import variable
from runner.playbook.nodes import pairs
from runner.playbook.problems import PlaybookInvalid, Problem, problem_at
from runner.playbook.shapes import ListOf, MapOf, Scalar, Text

_WORD = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"

ID = Text(pattern=_WORD, expected="a name of letters, digits, '-' and '_'")
"""An id of a check or step, a stage, service or profile: it becomes a file's name."""
VARIABLE = Text(
    pattern=r"[A-Za-z_][A-Za-z0-9_-]{0,99}",
    expected="a name of letters, digits, '-' and '_', not beginning with a digit",
)
"""A name under ``vars`` or ``inputs``: it becomes an environment variable's name."""
ENV_NAME = Text(pattern=r"[A-Za-z_][A-Za-z0-9_]*", expected="the name of an environment variable")
"""A name under ``env`` or in ``secrets``."""
ENVIRONMENT = MapOf[str](Scalar(), ENV_NAME)
"""A mapping of environment variables."""
SECRETS = ListOf[str](ENV_NAME)
"""A list of environment variables that no evidence may show."""

_LONGEST = 80


def refuse_clashes(node: yaml.Node | None, head: str) -> None:
    """Raise PlaybookInvalid for names that would be the same environment variable."""
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    for name, item in pairs(node):
        first = seen.setdefault(variable(f"{head}.{name}"), name)
        if first != name:
            message = f"'{first}' and '{name}' would be the same environment variable"
            problems.append(problem_at(item, f"{head}.{name}", message, "rename one of them"))
    if problems:
        raise PlaybookInvalid(problems)


def slug(title: str) -> str:
    """Make an id of a title; empty where the title has no letter or digit of ASCII."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST].rstrip("-")
