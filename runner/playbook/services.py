"""``services``: processes and Compose services that checks need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from runner.model import Compose, Ready, ServiceDatabase
from runner.playbook.databases import SERVICE_DATABASE
from runner.playbook.durations import DURATION
from runner.playbook.names import ENVIRONMENT, SECRETS
from runner.playbook.nodes import child, pairs
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.problems import PlaybookInvalid, Problem, problem_at
from runner.playbook.shapes import Convert, Field, Integer, ListOf, OneKeyOf, Record, Scalar, Text

READINESS = ("url", "port", "log", "command")
"""The tests of which one tells that a service is ready."""


def _pattern(text: str) -> str:
    try:
        matches_nothing = re.compile(text).search("") is not None
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error})") from error
    if matches_nothing:
        raise ValueError("a pattern that an empty log does not match")
    return text


_READY = OneKeyOf(
    Record(
        Ready,
        (
            Field("url", Text(r"https?://.+", "an http(s) URL"), "answers with a status below 400"),
            Field("port", Integer(1, 65535), "accepts a TCP connection on 127.0.0.1"),
            Field("log", Convert(Text(), _pattern), "regular expression found in its log"),
            Field("command", ListOf(Scalar(), least=1), "argv that exits with 0"),
            Field("within", DURATION, "deadline (default: 60s)"),
        ),
        least=1,
    ),
    READINESS,
    exactly=False,
)

_COMPOSE = Record(
    Compose,
    (
        Field("file", REPOSITORY_PATH, "the Compose file", required=True),
        Field("service", Text(), "name of the service in it", required=True),
    ),
)


_AT_ONCE = Ready()


class ServiceDraft(msgspec.Struct, frozen=True):
    """A service as written; name, place and environment are added by the reader."""

    run: tuple[str, ...] = ()
    """Argv."""
    compose: Compose | None = None
    """Or a Compose service."""
    ready: Ready = _AT_ONCE
    """When it is ready."""
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Its own environment."""
    secrets: tuple[str, ...] = ()
    """Names of secret variables."""
    cwd: str = "."
    """Working folder."""
    database: ServiceDatabase | None = None
    """What it migrates when it starts."""


_RECORD = OneKeyOf(
    Record(
        ServiceDraft,
        (
            Field("run", ListOf(Scalar(), least=1), "argv of the process, without a shell"),
            Field("compose", _COMPOSE, "a service of a Compose file"),
            Field("ready", _READY, "when it counts as ready"),
            Field("env", ENVIRONMENT, "environment variables"),
            Field("secrets", SECRETS, "names of variables that no evidence may show"),
            Field("cwd", REPOSITORY_PATH, "working folder"),
            Field(
                "database",
                SERVICE_DATABASE,
                "what it migrates when it starts: refused without a verified backup",
            ),
        ),
    ),
    ("run", "compose"),
)


class _ServiceShape(msgspec.Struct, frozen=True):
    """A service; a process must also say when it is ready."""

    def read(self, node: yaml.Node, key: str) -> ServiceDraft:
        """Read the record and look for a readiness test."""
        problems = list(self._ready(node, key))
        try:
            draft = _RECORD.read(node, key)
        except PlaybookInvalid as error:
            raise PlaybookInvalid([*problems, *error.problems]) from error
        if problems:
            raise PlaybookInvalid(problems)
        return draft

    def _ready(self, node: yaml.Node, key: str) -> list[Problem]:
        ready = child(node, "ready")
        stated = any(name in READINESS for name, _ in pairs(ready))
        if child(node, "run") is None or stated:
            return []
        hint = f"state one of {', '.join(READINESS)} under ready"
        return [problem_at(ready or node, f"{key}.ready", "does not say when it is ready", hint)]

    def schema(self) -> dict[str, Any]:
        """Give the record's schema with the rule on ``ready``."""
        tests = [{"required": [word]} for word in READINESS]
        rule = {"required": ["ready"], "properties": {"ready": {"anyOf": tests}}}
        return {**_RECORD.schema(), "if": {"required": ["run"]}, "then": rule}


SERVICE = _ServiceShape()
"""The shape of one service."""
