"""Options that several commands share; each can be set by ``RUNNER_<NAME>`` as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])
Decorator = Callable[[F], F]


def option(*names: str, **more: Any) -> Decorator[Any]:  # noqa: ANN401 - as click takes them
    """Make an option whose long name also names its environment variable."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "RUNNER_" + long.removeprefix("--").upper().replace("-", "_")
    return click.option(*names, envvar=variable, show_envvar=False, **more)


def together(*decorators: Decorator[Any]) -> Decorator[Any]:
    """Add options in the order given."""

    def add(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return add


playbook_option = option(
    "-p",
    "--playbook",
    type=click.Path(path_type=Path),
    help="Playbook [default: the only config/*_release.yaml].",
)
"""Which playbook."""

playbook_options = together(
    playbook_option,
    option("--profile", default="", help="Profile to lay over the playbook."),
    option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a value of the playbook, as vars.port=5051; repeatable.",
    ),
)
"""Which playbook, and how it is laid out."""

selection_options = option(
    "--only",
    multiple=True,
    metavar="ID",
    help="Only this check, by id, area or glob; repeatable.",
)
"""Which checks."""

durations_option = option(
    "--durations",
    type=click.Path(path_type=Path, exists=True),
    help="Earlier evidence to balance shards by [default: the last whole run in --output].",
)
"""What shards are balanced by."""

shard_options = together(
    option(
        "--shard",
        default="",
        metavar="I/N",
        help="Only this share of the checks: 2/5, auto (what the CI engine says), or auto/5.",
    ),
    durations_option,
)
"""Which share of the checks, where several machines each take one."""

output_option = option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("analysis_outputs"),
    show_default=True,
    help="Folder of the evidence; the dossier is live/ below it.",
)
"""Where the evidence goes."""

dialect_option = option(
    "--junit-dialect",
    type=click.Choice(["strict", "extended"]),
    default="strict",
    show_default=True,
    help="Dialect of junit.xml.",
)
"""How JUnit XML is written."""

running_options = together(
    option(
        "-j",
        "--jobs",
        type=click.IntRange(1, 256),
        default=1,
        show_default=True,
        help="Independent checks at once.",
    ),
    option("--fail-fast", is_flag=True, help="Skip the rest after a check that did not pass."),
    option("--resume", is_flag=True, help="Run only what the last run of the stage left undone."),
    option(
        "--base",
        default="",
        metavar="REF",
        help="Git ref that gives 'before' where no baseline was recorded, as origin/main.",
    ),
    option("--dry-run", is_flag=True, help="Show what would run (= runner plan)."),
    dialect_option,
)
"""How checks are run."""

json_option = option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
"""Whether a program is to read the result."""

_quiet_option = option("-q", "--quiet", is_flag=True, help="Show only failures and the verdict.")
_color_option = option(
    "--color/--no-color",
    default=None,
    help="Use colours [default: on a terminal, unless NO_COLOR is set].",
)

display_options = together(
    json_option,
    _quiet_option,
    option("-v", "--verbose", is_flag=True, help="Stream the output of checks."),
    _color_option,
)
"""How the course of things is shown."""

result_options = together(json_option, _quiet_option, _color_option)
"""How the end of things is shown, where nothing is run."""
