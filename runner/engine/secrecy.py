"""What of the environment is secret: what the playbook says, and what names give away."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engine.plan import Plan
from runner.engine.redaction import Redactor, secrets_in
from runner.errors import UsageError


def secrets_of(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the secrets that the plan names, with their values; raises UsageError without one."""
    missing = [name for name in plan.secrets if not environment.get(name)]
    if missing:
        raise UsageError(
            f"secrets that are not set: {', '.join(missing)}",
            hint="set these environment variables, or take them out of `secrets`",
        )
    return {name: environment[name] for name in plan.secrets}


def kept(plan: Plan, environment: Mapping[str, str]) -> dict[str, str]:
    """Give what must not be shown though the playbook does not say so: names tell it."""
    kept = secrets_in(environment)
    addresses = (one.urls for one in plan.playbook.notify)
    kept |= {name: environment[name] for name in addresses if environment.get(name)}
    told = [step.env for check in plan.checks for step in check.steps]
    told += [service.env for service in plan.services]
    for env in {id(one): one for one in told}.values():  # many checks have the same
        kept |= secrets_in({name: value for name, value in env.items() if "${{" not in value})
    return kept


def without_secrets(environment: Mapping[str, str], plan: Plan) -> dict[str, str]:
    """Take away every secret of the playbook: a step sees only those that it names."""
    stages = plan.playbook.stages.values()
    named = {n for checks in stages for check in checks for s in check.steps for n in s.secrets}
    named |= {name for service in plan.playbook.services.values() for name in service.secrets}
    named |= {one.urls for one in plan.playbook.notify}
    return {name: value for name, value in environment.items() if name not in named}


def redactor_of(plan: Plan, environment: Mapping[str, str]) -> Redactor:
    """Give what keeps every secret of a plan out of texts; raises UsageError."""
    release = plan.playbook.release
    hidden = kept(plan, environment) | secrets_of(plan, environment)
    return Redactor(hidden, common=(release.package, release.version))
