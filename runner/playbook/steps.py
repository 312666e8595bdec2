"""The steps of a check or a definition."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec
import yaml
from msgspec.structs import replace

from runner.errors import UsageError
from runner.model import Step
from runner.playbook.actions import ActionNodes, read_action
from runner.playbook.desk import Desk
from runner.playbook.durations import DURATION
from runner.playbook.fill import Filler, holds
from runner.playbook.names import ENVIRONMENT, ID, SECRETS
from runner.playbook.nodes import Pair, canonical, child, mapping
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.problems import PlaybookInvalid, place_of, problem_at
from runner.playbook.scope import Scope
from runner.playbook.shapes import Boolean, Field, OneKeyOf, Raw, Record
from runner.playbook.shared import lay_under
from runner.playbook.usage import is_definition

UNFILLED = frozenset({"id", "uses", "needs", "services", "secrets", "steps"})
"""Keys whose values are names: look-ups are not replaced in them."""
_RUN_TIME = frozenset({"with", "run", "expect", "env"})
"""Keys of a step whose values may wait for the run."""


class StepDraft(msgspec.Struct, frozen=True):
    """A step as written; what its kind knows is still YAML."""

    id: str = ""
    """As written, or empty."""
    uses: yaml.Node | None = None
    """Name of a kind."""
    run: yaml.Node | None = None
    """A shell script or an argv."""
    parameters: yaml.Node | None = None
    """``with``."""
    expect: yaml.Node | None = None
    """A machine expectation."""
    env: Mapping[str, str] | None = None
    """Its own environment."""
    secrets: tuple[str, ...] = ()
    """Names of secret variables."""
    cwd: str = ""
    """Working folder, or empty."""
    timeout: float | None = None
    """Seconds."""
    always: bool = False
    """Run even after a failed step."""


STEP = OneKeyOf(
    Record(
        StepDraft,
        (
            Field("id", ID, "name for look-ups (default: step-N)"),
            Field("uses", Raw(), "a kind of step"),
            Field("run", Raw(), "a shell script, or a list: an argv without a shell"),
            Field("with", Raw(), "parameters of the kind", attribute="parameters"),
            Field("expect", Raw(), "what the kind is to hold it against"),
            Field("env", ENVIRONMENT, "environment variables"),
            Field("secrets", SECRETS, "names of variables that no evidence may show"),
            Field("cwd", REPOSITORY_PATH, "working folder"),
            Field("timeout", DURATION, "limit of this step"),
            Field("always", Boolean(), "run even after a failed step: clean-up"),
        ),
    ),
    ("uses", "run"),
)
"""The shape of one step."""


class Around(msgspec.Struct, frozen=True):
    """What a step takes over from the check around it."""

    scope: Scope
    """Names that look-ups can use."""
    env: Mapping[str, str]
    """Environment below the step's own."""
    left: frozenset[str] = frozenset()
    """Run-time names that are left in that environment."""
    secrets: tuple[str, ...] = ()
    """Names of secret variables."""
    cwd: str = "."
    """Working folder."""


class Read(msgspec.Struct, frozen=True):
    """A step, and what its fingerprint is made of."""

    step: Step
    """The step."""
    written: object
    """Its kind's part, resolved, as JSON."""


def fill_keys(
    node: yaml.MappingNode, key: str, filler: Filler, run_time: frozenset[str] = _RUN_TIME
) -> yaml.MappingNode:
    """Fill the values of a check's or a step's keys, each as far as it may be."""
    if not holds(node):
        return node
    early = Filler(replace(filler.scope, run=False), filler.findings)
    entries: list[Pair] = []
    for name, item in node.value:
        word = str(name.value)
        if word not in UNFILLED:
            who = filler if word in run_time else early
            item = who.fill(item, f"{key}.{word}", private=word == "env")  # noqa: PLW2901
        entries.append((name, item))
    return mapping(entries, node)


def read_steps(
    nodes: list[yaml.Node], around: Around, desk: Desk, key: str
) -> tuple[Read, ...] | None:
    """Read the steps in order, each with the ids of those before it; None for a problem."""
    ids = _ids(nodes, desk, key)
    found: list[Read | None] = []
    earlier: dict[str, None] = {}
    inner = replace(around, scope=replace(around.scope, steps=earlier.keys()))
    for index, node in enumerate(nodes):
        at = f"{key}[{index}]"
        reader = partial(_read_step, node, inner, desk, at, ids[index])
        found.append(desk.findings.attempt(reader))
        earlier[ids[index]] = None
    done = tuple(one for one in found if one is not None)
    return done if len(done) == len(nodes) else None


def _ids(nodes: list[yaml.Node], desk: Desk, key: str) -> list[str]:
    ids: list[str] = []
    taken: set[str] = set()
    for index, node in enumerate(nodes):
        written = child(node, "id")
        name = str(written.value) if isinstance(written, yaml.ScalarNode) else ""
        name = name or f"step-{index + 1}"
        if name.casefold() in taken:
            place = written if written is not None else node
            desk.findings.add(place, f"{key}[{index}].id", f"a step '{name}' is there already")
        taken.add(name.casefold())
        ids.append(name)
    return ids


def _read_step(node: yaml.Node, around: Around, desk: Desk, key: str, name: str) -> Read:
    filler = Filler(around.scope, desk.findings)
    if isinstance(node, yaml.MappingNode):
        node = fill_keys(lay_under(node, desk), key, filler)
    draft = STEP.read(node, key)
    desk.confine(child(node, "cwd"), draft.cwd, f"{key}.cwd")
    if is_definition(draft.uses):
        message = "a step uses a kind, not another definition"
        raise PlaybookInvalid([problem_at(draft.uses or node, f"{key}.uses", message)])
    nodes = ActionNodes(node, draft.uses, draft.run, draft.parameters, draft.expect)
    return make_step(
        nodes, draft, replace(around, left=around.left | filler.left), desk, (key, name)
    )


def make_step(
    nodes: ActionNodes, draft: StepDraft, around: Around, desk: Desk, key_and_id: tuple[str, str]
) -> Read:
    """Make a step of what was read; raises PlaybookInvalid for what its kind refuses."""
    key, name = key_and_id
    kind, action = read_action(nodes, desk.kinds, key)
    if (verify := desk.kinds[kind].verify) is not None:
        try:
            verify(action, desk.repository)
        except UsageError as error:
            place = nodes.parameters or nodes.owner
            problem = problem_at(place, f"{key}.with", error.message, error.hint)
            raise PlaybookInvalid([problem]) from error
    step = Step(
        id=name,
        kind=kind,
        action=action,
        place=place_of(nodes.owner),
        env={**around.env, **draft.env} if draft.env else around.env,
        secrets=tuple(dict.fromkeys((*around.secrets, *draft.secrets))),
        cwd=draft.cwd or around.cwd,
        timeout=draft.timeout,
        always=draft.always,
        look_ups=tuple(sorted(around.left)),
    )
    written = [canonical(nodes.run), canonical(nodes.parameters), canonical(nodes.expect)]
    return Read(step, written)
