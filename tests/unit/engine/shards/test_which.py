"""What --shard says, and what CI engines say in its place."""

from __future__ import annotations

import pytest

from runner.engine.shards import Which, parse
from runner.errors import UsageError


@pytest.mark.parametrize(("text", "which"), [("1/1", Which(1, 1)), ("2/5", Which(2, 5))])
def test_written(text: str, which: Which) -> None:
    assert parse(text, {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "9"}) == which


@pytest.mark.parametrize(
    ("environment", "which"),
    [
        ({"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "5"}, Which(1, 5)),
        ({"CI_NODE_INDEX": "5", "CI_NODE_TOTAL": "5"}, Which(5, 5)),
        ({"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "4"}, Which(1, 4)),
        ({"BUILDKITE_PARALLEL_JOB": "2", "BUILDKITE_PARALLEL_JOB_COUNT": "3"}, Which(3, 3)),
        (
            # GitLab's job in a pod of an Indexed Job: the engine that runs the job counts.
            {"JOB_COMPLETION_INDEX": "7", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "2"},
            Which(2, 2),
        ),
    ],
)
def test_auto(environment: dict[str, str], which: Which) -> None:
    assert parse("auto", environment) == which


def test_auto_with_the_count_where_the_engine_tells_the_index_alone() -> None:
    assert parse("auto/5", {"JOB_COMPLETION_INDEX": "4"}) == Which(5, 5)
    assert parse("auto/3", {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "9"}) == Which(2, 3)


@pytest.mark.parametrize(
    ("text", "environment", "message", "hint"),
    [
        ("2", {}, "is no shard", "auto/5"),
        ("2/x", {}, "is no shard", "2/5"),
        ("-1/5", {}, "is no shard", "2/5"),
        ("0/5", {}, "there is no shard 0 of 5", "the first is 1"),
        ("6/5", {}, "there is no shard 6 of 5", "the first is 1"),
        ("1/0", {}, "there is no shard 1 of 0", "the first is 1"),
        ("auto", {"GITHUB_ACTIONS": "true"}, "no engine says", "matrix.shard }}"),
        ("auto/4", {}, "no engine says", "--shard 1/4"),
        ("auto", {"CI_NODE_TOTAL": "1"}, "no engine says", "`parallel`"),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}, "does not tell how many", "auto/5"),
        ("auto", {"CI_NODE_INDEX": "1"}, "GitLab sets no CI_NODE_TOTAL", "auto/5"),
        ("auto", {"CI_NODE_INDEX": "x", "CI_NODE_TOTAL": "2"}, "'x', and no number", "2/5"),
        ("auto/3", {"JOB_COMPLETION_INDEX": "3"}, "there is no shard 4 of 3", "the first"),
    ],
)
def test_refused(text: str, environment: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse(text, environment)
    assert hint in caught.value.hint
