"""Which names a look-up can use at some place of the playbook, and what they stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec
import yaml

from runner.playbook.expressions import OPENING
from runner.playbook.nodes import STR
from runner.playbook.problems import did_you_mean

RUN_NAMES = ("run.id", "run.scratch", "run.stage")
"""What is known only when the stage runs."""


RELEASE_NAMES = tuple(
    f"release.{name}"
    for name in ("package", "version", "image", "image_template", "status", "release_notes")
)
"""What can be looked up of the release."""


class Value(msgspec.Struct, frozen=True):
    """What a name stands for."""

    text: str
    """As written."""
    tag: str = STR
    """Its YAML type, which a scalar that is this one look-up takes over."""
    node: yaml.Node | None = None
    """Where it was given, for problems with it; None where that is the look-up's own place."""
    private: bool = False
    """Whether it came from the machine's environment and must not be shown."""


class Open:
    """The name is right, but its value is not known in this reading."""


class AtRunTime:
    """The name gets its value when the step runs."""


class Wrong(msgspec.Struct, frozen=True):
    """The name cannot be used here."""

    message: str
    """Why."""
    hint: str
    """What to do instead."""


class Scope(msgspec.Struct, frozen=True):
    """The names of one place."""

    values: Mapping[str, Value] = msgspec.field(default_factory=dict)
    """Static names: ``release.version``, ``vars.port``, ``inputs.url``, ``env.X``."""
    environment: Mapping[str, str] | None = None
    """The machine's environment; None leaves ``env`` open."""
    opened: frozenset[str] = frozenset()
    """Heads (``vars``) and names (``inputs.url``) whose values are not known."""
    secrets: frozenset[str] = frozenset()
    """Environment variables that are declared secret anywhere."""
    run: bool = False
    """Whether run-time names are allowed."""
    steps: Collection[str] = ()
    """Ids of the earlier steps."""

    def look_up(self, name: str, *, private: bool) -> Value | Open | AtRunTime | Wrong:
        """Say what a name is; ``private`` where no argv and no report shows the text."""
        head, _, rest = name.partition(".")
        if head == "env" and rest in self.secrets and not private:
            return Wrong(
                f"'{rest}' is a secret, which would be visible here",
                f"let the program read ${rest} from its environment",
            )
        if (value := self.values.get(name)) is not None:
            return value
        if head in self.opened or name in self.opened:
            return Open()
        if head == "env":
            return self._environment(rest)
        return self._run_time(name) if head in {"run", "steps"} else self._unknown(name)

    def _unknown(self, name: str) -> Wrong:
        if name in RELEASE_NAMES:
            word = name.partition(".")[2]
            return Wrong(f"the playbook states no {name}", f"add '{word}' under release")
        return Wrong(f"unknown name '{name}'", did_you_mean(name, self._names()))

    def _environment(self, name: str) -> Value | Open | Wrong:
        if self.environment is None:
            return Open()
        text = self.environment.get(name)
        if text is None:
            hint = f"set {name}, or state it under the playbook's `env`"
            return Wrong(f"the environment variable {name} is not set", hint)
        if OPENING in text or "\0" in text:
            return Wrong(f"the environment variable {name} holds a look-up", f"change {name}")
        return Value(text, private=True)

    def _run_time(self, name: str) -> AtRunTime | Wrong:
        if not self.run:
            return Wrong(f"'{name}' has no value before the steps of a check run", "")
        if name in RUN_NAMES:
            return AtRunTime()
        parts = name.split(".")
        if parts[0] != "steps":
            return self._unknown(name)
        if len(parts) != 4 or parts[2] != "outputs":  # noqa: PLR2004 - steps, ID, outputs, NAME
            return Wrong(f"unknown name '{name}'", "write steps.ID.outputs.NAME")
        if parts[1] not in self.steps:
            hint = did_you_mean(parts[1], self.steps) if self.steps else "no step comes before"
            return Wrong(f"no earlier step of this check has the id '{parts[1]}'", hint)
        return AtRunTime()

    def _names(self) -> Iterator[str]:
        yield from self.values
        yield from (name for name in self.opened if "." in name)
        if self.run:
            yield from RUN_NAMES
