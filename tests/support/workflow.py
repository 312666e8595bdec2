"""Carries out a job of a workflow as GitHub's runner would: conditions, environment files, steps.

Shell steps are run for real. What other actions do is not done: a step that uses one is noted with
what it would have been given; only actions of this repository are opened (composite ones). Rules
are those of GitHub's documentation: "Workflow syntax", "Expressions", "Contexts", "Workflow
commands".
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from support.github import StepLog, outputs_of

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""``shell: bash``."""
PLAIN = ("bash", "-e")
"""Where no shell is named."""


@dataclass
class Done:
    """A step that was come to."""

    name: str
    outcome: str
    """``success``, ``failure`` or ``skipped``, before ``continue-on-error``."""
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    given: dict[str, str] = field(default_factory=dict)
    """What a used action would have been given."""
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor time, which other work on the machine changes little."""

    @property
    def annotations(self) -> list[str]:
        return StepLog().read(self.log).annotations()


@dataclass
class Job:
    """A job on a clone of the repository."""

    workspace: Path
    temp: Path
    """``RUNNER_TEMP``; environment files are beside the workspace."""
    github: dict[str, Any]
    """The context ``github``."""
    environment: dict[str, str]
    """What the machine has."""
    inputs: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, dict[str, str]] = field(default_factory=dict)
    """Variables that a step of a name has otherwise: what is not on this machine."""
    done: list[Done] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    failed: bool = False
    home: Path | None = None
    """Where the workflows are; the workspace, if it is of the same repository."""
    contexts: dict[str, Any] = field(default_factory=dict)
    """More contexts: ``needs``, ``secrets``, …"""
    when_used: Callable[[Done], None] = lambda _: None
    """Does what an action would do that is not of this repository."""

    def run(self, workflow: str, job: str) -> list[Done]:
        """Carry out the steps of a job; raises AssertionError for what is not understood."""
        text = ((self.home or self.workspace) / ".github/workflows" / workflow).read_text()
        document = yaml.safe_load(text)
        steps = document["jobs"][job]["steps"]
        known = {"github": self.github, "inputs": self.inputs, "steps": {}, **self.contexts}
        self._steps(steps, known)
        return self.done

    def _steps(self, steps: list[dict[str, Any]], contexts: dict[str, Any]) -> None:
        for step in steps:
            name = step.get("name") or step.get("uses") or step["run"].strip()
            if not self._wanted(step.get("if"), contexts):
                self.done.append(Done(name, "skipped"))
                continue
            given = {key: filled(value, contexts) for key, value in step.get("with", {}).items()}
            uses = str(step.get("uses", ""))
            if uses.startswith("$/"):
                self._open(uses, given, contexts, step.get("id", ""))
                continue
            if uses:
                one = Done(f"{name.partition('@')[0]}", "success", given=given)
                self.when_used(one)
            else:
                one = self._shell(name, step, contexts)
            self.done.append(one)
            if one.outcome == "failure" and not step.get("continue-on-error"):
                self.failed = True
            if "id" in step:
                contexts["steps"][step["id"]] = {"outputs": one.outputs, "outcome": one.outcome}

    def _wanted(self, condition: object, contexts: dict[str, Any]) -> bool:
        text = "success()" if condition is None else str(condition).removeprefix("${{")
        text = text.removesuffix("}}").strip()
        if not re.search(r"\b(always|success|failure|cancelled)\(\)", text):
            text = f"success() && ({text})"
        return bool(Expression(text, {**contexts, "failed": self.failed}).value())

    def _open(self, uses: str, given: dict[str, str], outer: dict[str, Any], name: str) -> None:
        folder = (self.home or self.workspace) / uses.removeprefix("$/")
        action = yaml.safe_load((folder / "action.yml").read_text())
        assert action["runs"]["using"] == "composite"
        known = action.get("inputs", {})
        assert given.keys() <= known.keys(), "an input that the action does not have"
        defaults = {key: filled(one.get("default", ""), outer) for key, one in known.items()}
        inputs = {**defaults, **given}
        github = {**self.github, "action_path": str(folder)}
        inner: dict[str, Any] = {"github": github, "inputs": inputs, "steps": {}}
        self._steps(action["runs"]["steps"], inner)
        outputs = {
            key: filled(one["value"], inner) for key, one in action.get("outputs", {}).items()
        }
        outer["steps"][name or uses] = {"outputs": outputs}

    def _shell(self, name: str, step: dict[str, Any], contexts: dict[str, Any]) -> Done:
        number = len(self.done)
        files = {
            variable: self.workspace.parent / f"{variable.lower()}-{number}"
            for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_ENV")
        }
        for file in files.values():
            file.touch()
        env = {key: filled(value, contexts) for key, value in step.get("env", {}).items()}
        script = self.workspace.parent / f"step-{number}.sh"
        assert "${{" not in step["run"], "an expression in a script can be injected into"
        script.write_text(step["run"])
        path = os.pathsep.join([*reversed(self.path), self.environment["PATH"]])
        began, used = time.monotonic(), _cpu()
        ended = subprocess.run(
            [*(BASH if step.get("shell") == "bash" else PLAIN), str(script)],
            cwd=self.workspace,
            env={
                **self.environment,
                **{one: str(file) for one, file in files.items()},
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                "PATH": path,
                **env,
                **self.instead.get(name, {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        self.path += files["GITHUB_PATH"].read_text().split()
        assert not files["GITHUB_ENV"].read_text(), "no step needs to change the environment"
        return Done(
            name,
            "failure" if ended.returncode else "success",
            ended.stdout,
            outputs_of(files["GITHUB_OUTPUT"]),
            files["GITHUB_STEP_SUMMARY"].read_text(),
            seconds=time.monotonic() - began,
            cpu=_cpu() - used,
        )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def filled(value: object, contexts: Mapping[str, Any]) -> str:
    """Fill the expressions of a text in."""

    def fill(found: re.Match[str]) -> str:
        return shown(Expression(found[1].strip(), contexts).value())

    return re.sub(r"\$\{\{(.*?)\}\}", fill, shown(value))


def shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


_WORDS = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w.-]*|\d+|&&|\|\||==|!=|[!(),])")


class Expression:
    """An expression: literals, look-ups, ``! && || == !=``, and a few functions."""

    def __init__(self, text: str, contexts: Mapping[str, Any]) -> None:
        self._contexts = contexts
        self._words: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = _WORDS.match(text, at)
            assert found, f"not understood: {text[at:]!r}"
            self._words.append(found[1])
            at = found.end()

    def value(self) -> object:
        found = self._either()
        assert not self._words, f"not understood: {self._words}"
        return found

    def _take(self, *words: str) -> str:
        if self._words and self._words[0] in words:
            return self._words.pop(0)
        return ""

    def _either(self) -> object:
        found = self._both()
        while self._take("||"):
            other = self._both()
            found = found or other
        return found

    def _both(self) -> object:
        found = self._equal()
        while self._take("&&"):
            other = self._equal()
            found = found and other
        return found

    def _equal(self) -> object:
        found = self._unary()
        while word := self._take("==", "!="):
            other = self._unary()
            found = (shown(found).lower() == shown(other).lower()) == (word == "==")
        return found

    def _unary(self) -> object:
        if self._take("!"):
            return not self._unary()
        if self._take("("):
            found = self._either()
            assert self._take(")")
            return found
        word = self._words.pop(0)
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word.isdigit():
            return int(word)
        return self._called(word) if self._take("(") else self._looked_up(word)

    def _called(self, name: str) -> object:
        values: list[object] = []
        while not self._take(")"):
            values.append(self._either())
            self._take(",")
        if name == "format":
            return str(values[0]).format(*map(shown, values[1:]))
        states = {"always": True, "success": not self._contexts.get("failed")}
        return states[name]

    def _looked_up(self, name: str) -> object:
        found: object = self._contexts
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found
