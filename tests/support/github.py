"""What GitHub's runner makes of the output of a step: its commands, and the files it hands out.

Rules from the sources of actions/runner: `ActionCommand` (which lines are commands),
`ActionCommandManager` (how they are stopped) and `FileCommandManager` (the files of outputs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_NAMES = """
add-mask add-matcher add-path debug echo endgroup error group notice remove-matcher save-state
set-env set-output stop-commands warning
"""
COMMANDS = frozenset(_NAMES.split())
_FIRST = re.compile(r"::(?P<name>[^ :]*)(?: (?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)
_SECOND = re.compile(r"##\[(?P<name>[^ \]]*)(?: (?P<properties>[^\]]*))?\](?P<data>.*)", re.DOTALL)


@dataclass
class StepLog:
    """The log of a step, as the runner reads it."""

    commands: list[tuple[str, str, str]] = field(default_factory=list)
    """Those that were carried out: name, properties, data."""
    stopped: str = ""
    """The word that lets commands count again; empty while they do."""

    def read(self, text: str) -> StepLog:
        for line in re.split(r"\r\n|\n|\r", text):
            self._line(line)
        return self

    def _line(self, line: str) -> None:
        known = COMMANDS | ({self.stopped} if self.stopped else set())
        for found in (_FIRST.match(line.lstrip()), _SECOND.search(line)):
            if found and found["name"].lower() in known:
                self._carry_out(found["name"].lower(), found["properties"] or "", found["data"])
                return

    def _carry_out(self, name: str, properties: str, data: str) -> None:
        if self.stopped:
            self.stopped = "" if name == self.stopped else self.stopped
        elif name == "stop-commands":
            self.stopped = data
        else:
            self.commands.append((name, properties, data))

    def annotations(self) -> list[str]:
        return [
            f"{name} {properties}: {data}"
            for name, properties, data in self.commands
            if name in {"error", "warning", "notice"}
        ]


def outputs(lines: Iterable[str]) -> dict[str, str]:
    """Read a file of outputs: ``name=value``, or ``name<<mark``, lines, and the mark."""
    found: dict[str, str] = {}
    rest = iter(lines)
    for line in rest:
        name, sign, value = line.partition("<<")
        if sign and "=" not in name:
            kept: list[str] = []
            for inner in rest:
                if inner == value:
                    break
                kept.append(inner)
            else:
                raise AssertionError(f"the mark {value!r} of {name} does not come")
            found[name] = "\n".join(kept)
        elif line:
            name, sign, value = line.partition("=")
            assert sign, f"not an output: {line!r}"
            found[name] = value
    return found


def outputs_of(path: Path) -> dict[str, str]:
    return outputs(path.read_text("utf-8").split("\n")) if path.exists() else {}
