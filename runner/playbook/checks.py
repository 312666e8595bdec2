"""The checks of a stage: one row of the matrix each."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import yaml
from msgspec.structs import replace

from runner.model import Check, Retry
from runner.playbook.actions import ActionNodes, is_prose, words_of
from runner.playbook.definitions import Definition, find_definition, read_inputs
from runner.playbook.desk import Desk
from runner.playbook.durations import DURATION
from runner.playbook.expressions import environment_names, find
from runner.playbook.fill import Filler
from runner.playbook.fingerprint import Fingerprint
from runner.playbook.names import ENVIRONMENT, ID, SECRETS
from runner.playbook.nodes import child, secrets_of
from runner.playbook.paths import ARTIFACT_GLOB, REPOSITORY_PATH
from runner.playbook.problems import place_of
from runner.playbook.scope import Scope
from runner.playbook.shapes import (
    Boolean,
    Field,
    Integer,
    ListOf,
    Number,
    OneKeyOf,
    Raw,
    Record,
    Text,
    refuse,
)
from runner.playbook.shared import lay_under
from runner.playbook.steps import Around, Read, StepDraft, fill_keys, make_step, read_steps
from runner.playbook.usage import is_definition

TIMEOUT = 900.0
"""Seconds for one attempt where nothing is stated."""

_ONCE = Retry()
_RUN_TIME = frozenset({"with", "run", "expect", "env", "artifacts"})
"""Keys of a check whose values may wait for the run."""

RETRY = Record(
    Retry,
    (
        Field("attempts", Integer(1, 100), "attempts in all", required=True),
        Field("delay", DURATION, "pause before the second attempt"),
        Field("backoff", Number(1, 10), "factor on the pause from one attempt to the next"),
    ),
)
"""The shape of ``retry``."""


class CheckDraft(msgspec.Struct, frozen=True):
    """A check as written; what its kind knows is still YAML."""

    area: str
    """The row's title."""
    id: str = ""
    """As written, or empty."""
    uses: yaml.Node | None = None
    """Name of a kind, or path of a definition."""
    run: yaml.Node | None = None
    """A shell script or an argv."""
    steps: yaml.Node | None = None
    """A list of steps."""
    parameters: yaml.Node | None = None
    """``with``."""
    expect: yaml.Node | None = None
    """Prose, or a machine expectation."""
    services: tuple[str, ...] = ()
    """Names of services."""
    needs: tuple[str, ...] = ()
    """Ids of checks."""
    timeout: float | None = None
    """Seconds for one attempt."""
    retry: Retry = _ONCE
    """How failed attempts are repeated."""
    allow_failure: bool = False
    """A failure does not count."""
    env: Mapping[str, str] | None = None
    """Environment of every step."""
    secrets: tuple[str, ...] = ()
    """Names of secret variables."""
    cwd: str = "."
    """Working folder of every step."""
    artifacts: tuple[str, ...] = ()
    """Globs."""


CHECK = OneKeyOf(
    Record(
        CheckDraft,
        (
            Field("area", Text(), "the row's title", required=True),
            Field("id", ID, "unique in the stage (default: made of the area)"),
            Field("uses", Raw(), "a kind, or a definition: ./checks/name.yaml"),
            Field("run", Raw(), "a shell script, or a list: an argv without a shell"),
            Field("steps", Raw(), "several steps, instead of uses or run"),
            Field("with", Raw(), "parameters of the kind or definition", attribute="parameters"),
            Field("expect", Raw(), "what is expected"),
            Field("services", ListOf(ID), "services that must be ready"),
            Field("needs", ListOf(ID), "checks of this stage that must have passed"),
            Field("timeout", DURATION, "limit of one attempt (default: 15m)"),
            Field("retry", RETRY, "how an attempt that did not pass is repeated"),
            Field("allow_failure", Boolean(), "a failure does not count against the verdict"),
            Field("env", ENVIRONMENT, "environment variables of every step"),
            Field("secrets", SECRETS, "names of variables that no evidence may show"),
            Field("cwd", REPOSITORY_PATH, "working folder of every step"),
            Field("artifacts", ListOf(ARTIFACT_GLOB), "globs of files to keep as evidence"),
        ),
    ),
    ("uses", "run", "steps"),
)
"""The shape of one check."""


class Setting(msgspec.Struct, frozen=True):
    """What is the same for every check."""

    desk: Desk
    """Kinds, repository, problems."""
    scope: Scope
    """Static names, the machine's environment, and run-time names."""
    env: Mapping[str, str]
    """Static names as variables, under the playbook's ``env``."""
    fingerprint: Fingerprint
    """Knows release, profile and services."""


def read_check(node: yaml.Node, setting: Setting, key: str, name: str) -> Check | None:
    """Read a check under its id; None where it has a problem, which the desk then holds."""
    desk = setting.desk
    sends = not is_definition(child(node, "uses"))
    filler = Filler(setting.scope, desk.findings, sends=sends)
    if isinstance(node, yaml.MappingNode):
        node = fill_keys(lay_under(node, desk), key, filler, _RUN_TIME)
    read = desk.findings.attempt(lambda: CHECK.read(node, key))
    # The steps of a wrong check can be read all the same, so that their problems show as well.
    draft = read or _what_there_is(node)
    desk.confine(child(node, "cwd"), draft.cwd, f"{key}.cwd")
    around = Around(
        filler.scope,
        {**setting.env, **draft.env} if draft.env else setting.env,
        frozenset(filler.left),
        draft.secrets,
        draft.cwd,
    )
    words = desk.findings.attempt(lambda: words_of(draft.expect, f"{key}.expect"))
    definition, steps = _steps(node, draft, around, desk, key)
    if read is None or steps is None or words is None:
        return None
    shared = definition or Definition(steps=())
    services = tuple(dict.fromkeys((*draft.services, *shared.services)))
    check = Check(
        id=name,
        area=draft.area,
        steps=tuple(one.step for one in steps),
        place=place_of(node),
        expect=words,
        services=services,
        needs=draft.needs,
        timeout=draft.timeout or shared.timeout or TIMEOUT,
        retry=draft.retry,
        allow_failure=draft.allow_failure,
        artifacts=draft.artifacts,
    )
    written = [one.written for one in steps]
    return replace(check, fingerprint=setting.fingerprint.of(check, written))


def _what_there_is(node: yaml.Node) -> CheckDraft:
    uses, run, steps = (child(node, word) for word in ("uses", "run", "steps"))
    parameters, expect = child(node, "with"), child(node, "expect")
    return CheckDraft("", "", uses, run, steps, parameters, expect)


def _steps(
    node: yaml.Node, draft: CheckDraft, around: Around, desk: Desk, key: str
) -> tuple[Definition | None, tuple[Read, ...] | None]:
    if draft.steps is not None:
        _prose_only(draft.expect, desk, key, "the steps state what can be checked")
        if draft.parameters is not None:
            desk.findings.add(draft.parameters, f"{key}.with", "belongs to the steps")
        if not isinstance(draft.steps, yaml.SequenceNode) or not draft.steps.value:
            refusal = refuse(draft.steps, f"{key}.steps", "a list of at least 1")
            desk.findings.problems.extend(refusal.problems)
            return None, None
        return None, read_steps(draft.steps.value, around, desk, f"{key}.steps")
    if draft.uses is not None and is_definition(draft.uses):
        return _of_definition(node, draft, around, desk, key)
    if draft.uses is None and draft.run is None:
        return None, None
    expect = None if draft.expect is None or is_prose(draft.expect) else draft.expect
    run = draft.run if draft.uses is None else None
    nodes = ActionNodes(node, draft.uses, run, draft.parameters, expect)
    step = desk.findings.attempt(
        lambda: make_step(nodes, StepDraft(), around, desk, (key, "step-1"))
    )
    return None, None if step is None else (step,)


def _of_definition(
    node: yaml.Node, draft: CheckDraft, around: Around, desk: Desk, key: str
) -> tuple[Definition | None, tuple[Read, ...] | None]:
    assert draft.uses is not None  # noqa: S101 - the caller has looked
    _prose_only(draft.expect, desk, key, "the definition's steps state what can be checked")
    definition = find_definition(draft.uses, desk, f"{key}.uses")
    if definition is None:
        return None, None
    filler = Filler(around.scope, desk.findings, sends=False)
    given = read_inputs(definition, draft.parameters, node, filler, f"{key}.with")
    known = {name: value.text for name, value in given.values.items()}
    scope = replace(
        around.scope,
        values={**around.scope.values, **given.values},
        opened=around.scope.opened | given.opened,
        secrets=around.scope.secrets | secrets_of(definition.steps),
    )
    left = {name for text in known.values() for name in find(text)}
    inner = replace(
        around,
        scope=scope,
        env={**environment_names(known), **around.env},
        left=around.left | left,
    )
    findings, before = desk.findings, len(desk.findings.problems)
    steps = read_steps(list(definition.steps), inner, desk, "steps")
    # What an input's value did wrong has the place of the use, so it gets its key as well.
    for index, one in enumerate(findings.problems[before:], before):
        if one.file != definition.file:
            findings.problems[index] = replace(one, key=f"{key}.with ({one.key})")
    return definition, steps


def _prose_only(node: yaml.Node | None, desk: Desk, key: str, hint: str) -> None:
    if isinstance(node, yaml.MappingNode):
        desk.findings.add(node, f"{key}.expect", "can only be text here", hint)
