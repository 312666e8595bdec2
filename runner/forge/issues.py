"""One open issue on a subject, brought up to date, and closed when there is nothing to do."""

from __future__ import annotations

import msgspec

from runner.forge.comments import Posted
from runner.forge.marks import has, marked
from runner.forge.rest import Repository, Session


class _Issue(msgspec.Struct, frozen=True):
    """What the API calls ``issue``, as much of it as is read."""

    number: int
    html_url: str = ""
    title: str = ""
    body: str | None = None
    pull_request: dict[str, object] | None = None


def keep_issue(
    repository: Repository, sign: str, title: str, text: str, *, wanted: bool
) -> Posted | None:
    """Write the open issue with a mark; raises ForgeError.

    Where it is not wanted any more, the open one gets the text and is closed, and none is made:
    then, without one, None is given.
    """
    body = marked(text, sign)
    closed = {"state": "closed", "state_reason": "completed"}
    document = {"body": body, **({"title": title} if wanted else closed)}

    def job(session: Session) -> Posted | None:
        listed = session.pages("/issues?state=open&per_page=100", _Issue)
        open_one = next((one for one in listed if _is_ours(one, sign)), None)
        if open_one is None:
            return _made(session, title, body) if wanted else None
        if wanted and (open_one.title, open_one.body) == (title, body):
            return Posted(open_one.html_url, made=False)
        now = session.send("PATCH", f"/issues/{open_one.number}", document, _Issue)
        return Posted(now.html_url, made=False)

    return repository.work(job)


def _is_ours(one: _Issue, sign: str) -> bool:
    return one.pull_request is None and has(one.body, sign)


def _made(session: Session, title: str, body: str) -> Posted:
    made = session.send("POST", "/issues", {"title": title, "body": body}, _Issue)
    return Posted(made.html_url, made=True)
