"""``runner plan``: what would run, resolved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from runner.cli.loading import load_playbook
from runner.cli.options import playbook_options, selection_options
from runner.engine.plan import Plan, make_plan
from runner.engine.schedule import Queue
from runner.model import Check


@click.command("plan")
@click.argument("stage", default="verification")
@playbook_options
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def command(
    stage: str,
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Show the checks of STAGE as they would run, argv by argv; run nothing."""
    show(make_plan(load_playbook(playbook, profile, overrides), stage, only), as_json=as_json)


def show(plan: Plan, *, as_json: bool) -> None:
    """Print a plan."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_as_data(plan)), indent=1))
    else:
        click.echo("\n".join(_lines(plan)))


def _in_order(plan: Plan) -> Iterator[Check]:
    queue = Queue(plan.checks)
    while (check := queue.pop()) is not None:
        yield check
        queue.done(check.id)


def _as_data(plan: Plan) -> dict[str, object]:
    return {
        "package": plan.playbook.release.package,
        "version": plan.playbook.release.version,
        "stage": plan.stage,
        "profile": plan.playbook.profile,
        "services": [service.name for service in plan.services],
        "checks": [
            {
                "id": check.id,
                "area": check.area,
                "expect": check.expect,
                "services": check.services,
                "needs": check.needs,
                "timeout": check.timeout,
                "steps": [
                    {"id": step.id, "kind": step.kind, "does": step.action.describe()}
                    for step in check.steps
                ],
            }
            for check in _in_order(plan)
        ],
    }


def _lines(plan: Plan) -> Iterator[str]:
    release = plan.playbook.release
    profile = f" (profile {plan.playbook.profile})" if plan.playbook.profile else ""
    yield f"{release.package} {release.version}: {plan.stage}{profile}"
    for service in plan.services:
        words = service.run or (f"compose {service.compose and service.compose.service}",)
        yield f"  service {service.name}: {' '.join(words)}"
    for number, check in enumerate(_in_order(plan), 1):
        yield f"{number:3}. {check.area}  [{check.id}]"
        for step in check.steps:
            for line in step.action.describe():
                yield f"       {step.kind}: {line}"
        for label, value in (
            ("expect", check.expect),
            ("needs", ", ".join(check.needs)),
            ("services", ", ".join(check.services)),
        ):
            if value:
                yield f"       {label}: {value}"
