"""Reads one variant of a playbook: the base, or the base under a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import msgspec
import yaml
from msgspec.structs import replace

from runner.model import (
    PREFLIGHT,
    Check,
    Owners,
    Pin,
    Playbook,
    Rehearsal,
    Release,
    Service,
    Upstream,
)
from runner.playbook.checks import Setting
from runner.playbook.desk import Desk
from runner.playbook.expressions import OPENING, environment_names
from runner.playbook.fill import Filler
from runner.playbook.fingerprint import Fingerprint
from runner.playbook.names import ENVIRONMENT, ID, VARIABLE, refuse_clashes
from runner.playbook.nodes import child, items, mapping, pairs, secrets_of
from runner.playbook.notify import NOTIFY
from runner.playbook.pins import PIN
from runner.playbook.problems import did_you_mean, place_of
from runner.playbook.rehearsal import ON_FAILURE, REHEARSAL, UPGRADE, refuse_unknown
from runner.playbook.release import OWNERS, RELEASE
from runner.playbook.scope import RELEASE_NAMES, Scope, Value
from runner.playbook.services import SERVICE, ServiceDraft
from runner.playbook.shapes import ListOf, MapOf, Raw, Scalar
from runner.playbook.shared import SHARED
from runner.playbook.stages import read_stages
from runner.playbook.top import TOP
from runner.playbook.upstream import UPSTREAM

T = TypeVar("T")

VARS = MapOf[str](Scalar(), VARIABLE)
"""The shape of ``vars``."""
PINS = ListOf[Pin](PIN)
"""The shape of ``pins``."""


class Variant(msgspec.Struct):
    """One reading; `read` gives the playbook, the desk has the problems."""

    root: yaml.MappingNode
    """The file's content, with what is laid over it."""
    desk: Desk
    """Kinds, repository, problems."""
    environment: Mapping[str, str] | None
    """The machine's; None leaves its names open."""
    file: str = ""
    """Path as given."""
    sha256: str = ""
    """Of the file."""
    profile: str = ""
    """The profile laid over."""
    _scope: Scope = msgspec.field(default_factory=Scope)
    _env: dict[str, str] = msgspec.field(default_factory=dict)

    def read(self) -> Playbook:
        """Read everything; what has a problem is left out of what is given."""
        self.desk.findings.attempt(lambda: TOP.read(self.root, ""))
        self._scope = Scope(environment=self.environment, secrets=_secrets(self.root))
        release = self._release()
        variables = self._variables()
        self._environment()
        owners = self._section("owners", OWNERS.read)
        notify = self._section("notify", NOTIFY.read)
        self._known_roles(owners)
        pins = self._section("pins", PINS.read)
        self._confine_pins()
        upstream = self._section("upstream", UPSTREAM.read)
        self._shared()
        services = self._services()
        stages = self._stages(release, services)
        return Playbook(
            file=self.file,
            repository=str(self.desk.repository),
            sha256=self.sha256,
            release=release,
            owners=owners or Owners(),
            pins=pins or (),
            variables=variables,
            services=services,
            stages=stages,
            profile=self.profile,
            upstream=upstream or Upstream(),
            rehearsal=self._rehearsal(stages, variables),
            notify=notify or (),
            preflight=self._preflight(stages),
            on_failure=self._section("on_failure", ON_FAILURE.read) or "ask",
        )

    def _section(self, key: str, read: Callable[[yaml.Node, str], T]) -> T | None:
        node = child(self.root, key)
        if node is None:
            return None
        filled = self._filler().fill(node, key, private=key == "env")
        return self.desk.findings.attempt(lambda: read(filled, key))

    def _filler(self) -> Filler:
        return Filler(self._scope, self.desk.findings)

    def _open(self, head: str, names: Iterable[str] = ()) -> None:
        """Say that a part has a problem: these names, or what it states, have no value here."""
        stated = (f"{head}.{name}" for name, _ in pairs(child(self.root, head)))
        opened = set(names or stated) or {head}
        self._scope = replace(self._scope, opened=self._scope.opened | opened)

    def _add(self, values: Mapping[str, Value]) -> None:
        scope = self._scope
        # A text that still has a look-up in it has no value in this reading.
        opened = {name for name, value in values.items() if OPENING in value.text}
        known = {name: value for name, value in values.items() if name not in opened}
        self._scope = replace(scope, values={**scope.values, **known}, opened=scope.opened | opened)

    def _release(self) -> Release:
        release = self._section("release", RELEASE.read)
        if release is None:
            self._open("release", RELEASE_NAMES)
            return Release("", "")
        texts = {name: str(getattr(release, name.partition(".")[2])) for name in RELEASE_NAMES}
        stated = {name: text for name, text in texts.items() if text}
        self._add({name: Value(text) for name, text in stated.items()})
        self._env = environment_names(stated)
        return release

    def _variables(self) -> Mapping[str, str]:
        node = child(self.root, "vars")
        if node is None:
            return {}
        filled = self._filled_variables(node)
        variables = self.desk.findings.attempt(lambda: VARS.read(filled, "vars"))
        if variables is None:
            self._open("vars")
            return {}
        self.desk.findings.attempt(lambda: refuse_clashes(filled, "vars"))
        values = {f"vars.{name}": _value(item) for name, item in pairs(filled)}
        self._env |= environment_names({name: one.text for name, one in values.items()})
        return variables

    def _filled_variables(self, node: yaml.Node) -> yaml.Node:
        """Fill one after the other: each may look up those that are written before it."""
        if not isinstance(node, yaml.MappingNode):
            return self._filler().fill(node, "vars")
        entries = []
        for name, item in node.value:
            entry = mapping([(name, item)], node)
            filled = self._filler().fill(entry, "vars")
            entries += filled.value
            if isinstance(item, yaml.ScalarNode):  # any other is refused, and stays open
                self._add({f"vars.{word}": _value(one) for word, one in pairs(filled)})
        return mapping(entries, node)

    def _environment(self) -> None:
        env = self._section("env", ENVIRONMENT.read)
        if env is None:
            if child(self.root, "env") is not None:
                self._open("env")
            return
        self._env |= env
        self._add({f"env.{name}": Value(text) for name, text in env.items()})

    def _known_roles(self, owners: Owners | None) -> None:
        for role, node in pairs(child(self.root, "notify")):
            if owners is not None and role not in owners.notify:
                known = did_you_mean(role, owners.notify) or "owners.notify names no role"
                message = f"'{role}' is no role of owners.notify"
                self.desk.findings.add(node, f"notify.{role}", message, known)

    def _confine_pins(self) -> None:
        for index, pin in enumerate(items(child(self.root, "pins"))):
            self._confine(child(pin, "file"), f"pins[{index}].file")

    def _confine(self, node: yaml.Node | None, key: str) -> None:
        if isinstance(node, yaml.ScalarNode):
            self.desk.confine(node, str(node.value), key)

    def _rehearsal(
        self, stages: Mapping[str, tuple[Check, ...]], variables: Mapping[str, str]
    ) -> Rehearsal | None:
        node = child(self.root, "rehearsal")
        if node is not None:
            refuse_unknown(node, self.desk, stages, variables)
        return self._section("rehearsal", REHEARSAL.read)

    def _preflight(self, stages: Mapping[str, tuple[Check, ...]]) -> str:
        """Give the stage that an upgrade begins with."""
        named = child(self.root, "upgrade", "preflight")
        if isinstance(named, yaml.ScalarNode) and named.value not in stages:
            hint = did_you_mean(named.value, stages)
            message = f"there is no stage '{named.value}'"
            self.desk.findings.add(named, "upgrade.preflight", message, hint)
        upgrade = self._section("upgrade", UPGRADE.read)
        return upgrade["preflight"] if upgrade else PREFLIGHT

    def _shared(self) -> None:
        """Check what kinds share by itself, as no step may use it; steps take it over unfilled."""
        for name in SHARED:
            node = child(self.root, name)
            if node is None:
                continue
            kind = self.desk.kinds.get(name)
            if kind is None or kind.shared is None:
                self.desk.findings.add(node, name, f"there is no kind '{name}' that could use it")
                continue
            shape = kind.shared
            filler = Filler(replace(self._scope, run=True), self.desk.findings)
            filled = filler.fill(node, name)
            self.desk.findings.attempt(partial(shape.read, filled, name))
            if isinstance(node, yaml.MappingNode):
                self.desk.shared[name] = node

    def _services(self) -> Mapping[str, Service]:
        node = child(self.root, "services")
        if node is None:
            return {}
        self.desk.findings.attempt(lambda: MapOf(Raw(), ID).read(node, "services"))
        read = ((name, self._service(name, item)) for name, item in pairs(node))
        return {name: service for name, service in read if service is not None}

    def _service(self, name: str, node: yaml.Node) -> Service | None:
        key = f"services.{name}"
        filler = Filler(replace(self._scope, run=True), self.desk.findings)
        env = child(node, "env")
        if isinstance(node, yaml.MappingNode):
            filled = [
                (word, filler.fill(item, f"{key}.{word.value}", private=item is env))
                for word, item in node.value
            ]
            node = yaml.MappingNode(node.tag, filled, node.start_mark, node.end_mark)
        draft = self.desk.findings.attempt(lambda: SERVICE.read(node, key))
        self._confine(child(node, "cwd"), f"{key}.cwd")
        self._confine(child(node, "compose", "file"), f"{key}.compose.file")
        return None if draft is None else self._made(name, node, draft, filler)

    def _made(self, name: str, node: yaml.Node, draft: ServiceDraft, filler: Filler) -> Service:
        return Service(
            name=name,
            place=place_of(node),
            run=draft.run,
            compose=draft.compose,
            ready=draft.ready,
            env={**self._env, **draft.env},
            secrets=draft.secrets,
            cwd=draft.cwd,
            database=draft.database,
            look_ups=tuple(sorted(filler.left)),
        )

    def _stages(
        self, release: Release, services: Mapping[str, Service]
    ) -> Mapping[str, tuple[Check, ...]]:
        node = child(self.root, "stages")
        if node is None:
            return {}
        fingerprint = Fingerprint(release, self.profile, services)
        setting = Setting(self.desk, replace(self._scope, run=True), self._env, fingerprint)
        return read_stages(node, setting, [name for name, _ in pairs(child(self.root, "services"))])


def _value(node: yaml.Node) -> Value:
    private = getattr(node, "shown", node.value) != node.value
    return Value(str(node.value), str(node.tag), private=private)


def _secrets(root: yaml.Node) -> frozenset[str]:
    """Give every name that is declared secret anywhere in the playbook."""
    owners = [item for _, item in pairs(child(root, "services"))]
    for _, stage in pairs(child(root, "stages")):
        for check in items(stage):
            owners += [check, *items(child(check, "steps"))]
    return secrets_of(owners)
