"""One comment on a pull request, made once and then brought up to date."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from runner.forge.marks import has, marked
from runner.forge.rest import RefusedError, Repository, Session

_NOT_OURS = frozenset({403, 404})
"""What the API says of a comment that the token may not change, or that has gone meanwhile."""


class _Comment(msgspec.Struct, frozen=True):
    """What the API calls ``issue-comment``, as much of it as is read."""

    id: int
    html_url: str = ""
    body: str | None = None


@dataclass(frozen=True)
class Posted:
    """What was written."""

    address: str
    """Where people see it."""
    made: bool
    """Whether it is new; else there was one, which is up to date now."""


def keep_comment(repository: Repository, number: int, sign: str, text: str) -> Posted:
    """Write the comment with a mark on a pull request or issue; raises ForgeError.

    A comment with the mark that somebody else wrote cannot be changed, and is passed over.
    """
    body = marked(text, sign)

    def job(session: Session) -> Posted:
        path = f"/issues/{number}/comments"
        for one in session.pages(f"{path}?per_page=100", _Comment):
            if has(one.body, sign) and (posted := _changed(session, one, body)):
                return posted
        made = session.send("POST", path, {"body": body}, _Comment)
        return Posted(made.html_url, made=True)

    return repository.work(job)


def _changed(session: Session, one: _Comment, body: str) -> Posted | None:
    if one.body == body:
        return Posted(one.html_url, made=False)
    try:
        now = session.send("PATCH", f"/issues/comments/{one.id}", {"body": body}, _Comment)
    except RefusedError as error:
        if error.status in _NOT_OURS:
            return None
        raise
    return Posted(now.html_url, made=False)
