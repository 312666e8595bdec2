"""``rehearsal``: what an environment is made of, what is copied, and which stages are rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from runner.model import Check, Rehearsal, RehearsalStages
from runner.playbook.desk import Desk
from runner.playbook.names import ENV_NAME, ID, VARIABLE
from runner.playbook.nodes import child, items
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.problems import did_you_mean
from runner.playbook.shapes import Choice, Field, ListOf, Record, Text

_STAGES = ListOf(ID)
_VARIABLES = ListOf(VARIABLE)

REHEARSAL = Record(
    Rehearsal,
    (
        Field(
            "locks",
            ListOf(REPOSITORY_PATH, least=1),
            "lock files of which an environment is made, for the old version and for the new",
            required=True,
        ),
        Field("python", Text(), "interpreter of the environments (default: that of the runner)"),
        Field("ports", _VARIABLES, "variables that get a free port"),
        Field("database", VARIABLE, "variable with the database's address, which gets the copy's"),
        Field(
            "database_env",
            ENV_NAME,
            "instead of it: environment variable with an address that has a login",
        ),
        Field("scratch_url_env", ENV_NAME, "the variable with the URL of a server for the copy"),
        Field("artifacts", VARIABLE, "variable with the folder of artifacts, which gets the copy"),
        Field("folders", _VARIABLES, "variables that get an empty folder of the rehearsal"),
        Field("profile", ID, "profile that is laid over the playbook"),
        Field(
            "stages",
            Record(
                RehearsalStages,
                (
                    Field("prepare", _STAGES, "each version, before anything runs: images"),
                    Field("seed", _STAGES, "old version, where the database is not there yet"),
                    Field("before", _STAGES, "old version: measure, snapshot, backup"),
                    Field("migrate", _STAGES, "new version, stopped: bring the schema up"),
                    Field("after", _STAGES, "new version: the matrix (default: verification)"),
                    Field("rollback", _STAGES, "old version, stopped: restore the data"),
                    Field("compare", _STAGES, "old version, restored: it is as it was"),
                ),
            ),
            "stages of this playbook that are carried out, part by part",
        ),
    ),
)
"""How an upgrade is rehearsed."""

UPGRADE = Record(
    dict[str, str],
    (Field("preflight", ID, "the stage that it begins with (default: preflight)", required=True),),
)
"""Which stages an upgrade carries out."""
ON_FAILURE = Choice(("ask", "rollback", "stop"))
"""What follows in `runner upgrade` where a step fails after something real was changed."""


def refuse_unknown(
    node: yaml.Node,
    desk: Desk,
    stages: Mapping[str, tuple[Check, ...]],
    variables: Mapping[str, str],
) -> None:
    """Report every stage and variable that is named and not there, and every path that leaves."""
    for index, lock in enumerate(items(child(node, "locks"))):
        if isinstance(lock, yaml.ScalarNode):
            desk.confine(lock, str(lock.value), f"rehearsal.locks[{index}]")
    for item, key in _named_variables(node):
        if item.value not in variables:
            hint = did_you_mean(item.value, variables)
            desk.findings.add(item, key, f"there is no variable '{item.value}'", hint)
    for one in RehearsalStages.__struct_fields__:
        for index, named in enumerate(items(child(node, "stages", one))):
            if isinstance(named, yaml.ScalarNode) and named.value not in stages:
                key = f"rehearsal.stages.{one}[{index}]"
                hint = did_you_mean(named.value, stages)
                desk.findings.add(named, key, f"there is no stage '{named.value}'", hint)


def _named_variables(node: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, str]]:
    for name in ("ports", "folders"):
        for index, item in enumerate(items(child(node, name))):
            if isinstance(item, yaml.ScalarNode):
                yield item, f"rehearsal.{name}[{index}]"
    for name in ("database", "artifacts"):
        one = child(node, name)
        if isinstance(one, yaml.ScalarNode):
            yield one, f"rehearsal.{name}"
