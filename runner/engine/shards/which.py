"""Which shard this is: ``2/5``, or what the CI engine says in its variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runner.errors import UsageError

_WRITTEN = re.compile(r"(?P<number>[0-9]{1,6}|auto)/(?P<count>[0-9]{1,6})")
_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class Which:
    """A shard of a number of shards."""

    number: int
    """Counted from 1."""
    count: int
    """How many there are."""


@dataclass(frozen=True)
class _Engine:
    """The variables in which a CI engine says which of its parallel jobs this is."""

    name: str
    number: str
    count: str
    """Empty where the engine does not tell it."""
    first: int
    """The number of its first job."""


_ENGINES = (
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    _Engine("GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    # https://circleci.com/docs/reference/variables/
    _Engine("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    # https://buildkite.com/docs/pipelines/configure/environment-variables
    _Engine("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
    # https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
    _Engine("Kubernetes", "JOB_COMPLETION_INDEX", "", 0),
)
"""In the order in which they are looked for; a job of the others may run in a pod."""


def parse(text: str, environment: Mapping[str, str]) -> Which:
    """Read ``2/5``, ``auto`` or ``auto/5``; raises UsageError."""
    written = _WRITTEN.fullmatch(text)
    if text != "auto" and written is None:
        raise UsageError(
            f"--shard {text}: is no shard", hint="say --shard 2/5, auto, or auto/5 for 5 shards"
        )
    told = int(written["count"]) if written else 0
    if written and written["number"] != "auto":
        return _checked(text, int(written["number"]), told)
    engine = next((one for one in _ENGINES if one.number in environment), None)
    if engine is None:
        raise UsageError(f"--shard {text}: no engine says which shard this is", hint=_hint(told))
    count = told or _number(environment, engine.count, engine)
    return _checked(text, _number(environment, engine.number, engine) - engine.first + 1, count)


def _hint(count: int) -> str:
    """Say what to pass where nothing can be read: GitHub has no variables for it."""
    shards = count or "N"
    return (
        f"say which: --shard 1/{shards}; on GitHub that is --shard ${{{{ matrix.shard }}}}, "
        "of the matrix that `runner matrix` prints; on GitLab the job needs `parallel`"
    )


def _number(environment: Mapping[str, str], name: str, engine: _Engine) -> int:
    value = environment.get(name, "") if name else ""
    if not name or not value:
        what = f"sets no {name}" if name else "does not tell how many shards there are"
        raise UsageError(f"--shard auto: {engine.name} {what}", hint="say how many: --shard auto/5")
    if not _DIGITS.fullmatch(value):
        what = f"{name} is {value!r}, and no number"
        raise UsageError(f"--shard auto: {what}", hint="say --shard 2/5")
    return int(value)


def _checked(text: str, number: int, count: int) -> Which:
    if not 1 <= number <= count:
        raise UsageError(
            f"--shard {text}: there is no shard {number} of {count}", hint="the first is 1"
        )
    return Which(number, count)
