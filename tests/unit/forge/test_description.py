"""The check against GitHub's OpenAPI description objects to what is not described."""

from __future__ import annotations

from typing import Any

import pytest
from support.github_api import refused, user
from support.openapi import Exchange, check

COMMENTS = "/repos/octo/forge/issues/7/comments"
COMMENT: dict[str, Any] = {
    "id": 1,
    "node_id": "IC_1",
    "url": "https://api.github.example/1",
    "html_url": "https://github.example/1",
    "issue_url": "https://api.github.example/issues/7",
    "user": user("ada"),
    "created_at": "2026-11-27T10:00:00Z",
    "updated_at": "2026-11-27T10:00:00Z",
}
MADE = Exchange("POST", COMMENTS, {"body": "text"}, 201, COMMENT)
LISTED = Exchange("GET", f"{COMMENTS}?per_page=100&page=2", None, 200, [COMMENT])


@pytest.mark.parametrize(
    "good",
    [
        MADE,
        LISTED,
        Exchange("POST", COMMENTS, {"body": "x"}, 403, refused("no")),
        Exchange("POST", COMMENTS, {"body": "x"}, 429, refused("later")),
        Exchange("PATCH", "/repos/o/r/issues/comments/1", {"body": "x"}, 200, COMMENT),
    ],
)
def test_what_is_described_is_right(good: Exchange) -> None:
    check(good)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (Exchange("DELETE", COMMENTS, None, 200, {}), "no operation"),
        (Exchange("GET", "/repos/o/r/pulls", None, 200, []), "no operation"),
        (Exchange("GET", f"{COMMENTS}?per_=100", None, 200, []), "no parameter"),
        (Exchange("GET", COMMENTS, {"body": "x"}, 200, []), "nothing is to be sent"),
        (Exchange("POST", COMMENTS, {"text": "x"}, 201, COMMENT), "'body' is a required"),
        (Exchange("POST", COMMENTS, {"body": "x", "y": 1}, 201, COMMENT), "'y' was unexpected"),
        (Exchange("POST", COMMENTS, {"body": 1}, 201, COMMENT), "is not of type 'string'"),
        (Exchange("POST", COMMENTS, {"body": "x"}, 201, {}), "is a required property"),
        (Exchange("POST", COMMENTS, {"body": "x"}, 201, {**COMMENT, "x": 1}), "'x' was unexpected"),
        (Exchange("POST", COMMENTS, {"body": "x"}, 202, COMMENT), "202"),
        (Exchange("PATCH", "/repos/o/r/issues/1", {"state": "gone"}, 200, {}), "is not one of"),
    ],
)
def test_what_is_not_described_is_told(bad: Exchange, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check(bad)
