"""A context without an engine, and readers of YAML snippets."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from runner.kinds.base import Command, Finished, Kind, Runnable
from runner.model import Artifact, Begun, Execution, Release
from runner.model.rehearsed import Rehearsed
from runner.playbook.problems import PlaybookInvalid


def execution(**changes: Any) -> Execution:  # noqa: ANN401 - any field
    """Make the record of a process that ended well."""
    ended = Execution(("x",), "/", (), "2026-11-22T10:00:00+00:00", 0.1, exit_code=0)
    return replace(ended, **changes)


@dataclass
class FakeContext:
    """Answers every command with what was laid down, and remembers what it was asked."""

    repository: Path
    finished: Finished = field(default_factory=lambda: Finished(execution()))
    env: Mapping[str, str] = field(default_factory=dict)
    remaining: float = 60.0
    stopping: str = ""
    secrets: tuple[str, ...] = ()
    waits: list[float] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    saved: dict[str, bytes] = field(default_factory=dict)
    release: Release = field(default_factory=lambda: Release("mlflow", "3.6.0"))
    begun: Begun = field(default_factory=lambda: Begun("3.6.0"))
    commit: str = "c0ffee"
    base: str = ""
    rehearsed_as: str = ""
    recorded: dict[str, bytes] = field(default_factory=dict)
    rehearsals: dict[str, Rehearsed] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        folder = self.repository / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def output(self) -> Path:
        return self.repository / "out"

    @property
    def cwd(self) -> Path:
        return self.repository

    def run(self, command: Command) -> Finished:
        self.commands.append(command)
        return self.finished

    def clean_up(self, command: Command) -> Finished:
        return self.run(command)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        time.sleep(min(seconds, self.remaining))
        return not self.stopping

    def log(self, text: str) -> None:
        self.logged.append(self.redact(text))

    def save(self, name: str, content: bytes) -> Artifact:
        for secret in self.secrets:
            content = content.replace(secret.encode(), b"[redacted X]")
        self.saved[name] = content
        return Artifact(name, len(content), hashlib.sha256(content).hexdigest())

    def rehearsed(self, before: str) -> Rehearsed | None:
        return self.rehearsals.get(before)

    def record(self, name: str, content: bytes) -> Artifact:
        self.recorded[name] = content
        return Artifact(name, len(content), hashlib.sha256(content).hexdigest())

    def recall(self, name: str) -> bytes | None:
        return self.recorded.get(name)

    def redact(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "[redacted X]")
        return text


class ProcessContext(FakeContext):
    """Runs real processes, without the engine's care for them."""

    def run(self, command: Command) -> Finished:
        self.commands.append(command)
        try:
            done = subprocess.run(
                command.argv,
                cwd=self.repository,
                env={**os.environ, **self.env, **command.env},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except OSError as error:
            return Finished(execution(exit_code=None, error=str(error), hint="install it"))
        self.logged.append(done.stdout.decode(errors="replace"))
        ended = execution(argv=command.argv, exit_code=done.returncode)
        return Finished(ended, done.stdout, done.stderr)


def node(text: str) -> yaml.Node:
    """Compose one YAML document."""
    composed = yaml.compose(text, yaml.SafeLoader)
    assert composed is not None
    return composed


def action_of(kind: Kind, parameters: str, expectation: str = "") -> Runnable:
    """Build the action of a step from its YAML."""
    read = kind.parameters.read(node(parameters), "with")
    if expectation:
        return kind.build(read, kind.expectation.read(node(expectation), "expect"))
    assert kind.default_expectation is not None
    return kind.build(read, kind.default_expectation())


def problems_of(kind: Kind, parameters: str = "", expectation: str = "") -> list[str]:
    """Give the problems of a step's YAML, and check that there is one at least."""
    found: list[str] = []
    for shape, text in ((kind.parameters, parameters), (kind.expectation, expectation)):
        if not text:
            continue
        try:
            shape.read(node(text), "step")
        except PlaybookInvalid as error:
            found += [str(problem) for problem in error.problems]
    return found
