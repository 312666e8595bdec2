"""Comments and issues on GitHub: made once, then kept up to date, whatever the API answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.github_api import BODY_LIMIT, REPOSITORY, Fault, GitHubApi, github_api, user
from unit.kinds.servers import free_port, serving, text

from runner.errors import UsageError
from runner.forge.comments import keep_comment
from runner.forge.issues import keep_issue
from runner.forge.marks import has, mark, marked
from runner.forge.rest import API, ForgeError, RefusedError, Repository, repository_of

SIGN = mark("run", "mlflow", "verification", "")
COMMENTS = f"/repos/{REPOSITORY}/issues/7/comments"


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    with github_api() as made:
        yield made


class Naps:
    """Sleeps not at all, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def repository(api: GitHubApi, naps: Naps | None = None, **changes: str) -> Repository:
    made = repository_of(api.environment(**changes))
    return replace(made, sleep=naps or Naps())


# ---------------------------------------------------------------- comments


def test_a_comment_is_made_once_and_then_brought_up_to_date(api: GitHubApi) -> None:
    api.add_comment(7, "Looks good to me", "ada")
    first = keep_comment(repository(api), 7, SIGN, "FAILED")
    second = keep_comment(repository(api), 7, SIGN, "PASSED")
    assert (first.made, second.made) == (True, False)
    assert first.address == second.address
    assert [one["body"] for one in api.comments.values()] == [
        "Looks good to me",
        f"{SIGN}\nPASSED",
    ]
    assert api.asked == [("GET", COMMENTS), ("POST", COMMENTS), ("GET", COMMENTS),
                         ("PATCH", f"/repos/{REPOSITORY}/issues/comments/1001")]  # fmt: skip


def test_a_comment_that_is_right_is_left_alone(api: GitHubApi) -> None:
    keep_comment(repository(api), 7, SIGN, "PASSED")
    assert not keep_comment(repository(api), 7, SIGN, "PASSED").made
    assert [method for method, _ in api.asked] == ["GET", "POST", "GET"]


def test_it_is_found_on_a_later_page(api: GitHubApi) -> None:
    api.page = 2
    for number in range(5):
        api.add_comment(7, f"remark {number}", "ada")
    api.add_comment(7, f"{SIGN}\nold")
    assert not keep_comment(repository(api), 7, SIGN, "new").made
    assert [method for method, _ in api.asked] == ["GET", "GET", "GET", "PATCH"]


def test_other_stages_and_quotes_are_not_it(api: GitHubApi) -> None:
    api.add_comment(7, f"{mark('run', 'mlflow', 'preflight', '')}\nother stage")
    api.add_comment(7, f"> {SIGN}\nquoted", "ada")
    assert keep_comment(repository(api), 7, SIGN, "mine").made
    assert len(api.comments) == 3


def test_a_comment_of_somebody_else_with_the_mark_is_passed_over(api: GitHubApi) -> None:
    api.add_comment(7, f"{SIGN}\nforged", "mallory")
    assert keep_comment(repository(api), 7, SIGN, "mine").made
    assert not keep_comment(repository(api), 7, SIGN, "mine too").made
    bodies = [one["body"] for one in api.comments.values()]
    assert bodies == [f"{SIGN}\nforged", f"{SIGN}\nmine too"]


def test_a_comment_that_was_removed_meanwhile_is_made_anew(api: GitHubApi) -> None:
    api.add_comment(7, f"{SIGN}\nold")
    api.faults.append(Fault("PATCH", 404))
    assert keep_comment(repository(api), 7, SIGN, "new").made


def test_a_text_over_the_limit_is_cut_at_a_line(api: GitHubApi) -> None:
    keep_comment(repository(api), 7, SIGN, "é line\n" * 20_000)
    (one,) = api.comments.values()
    assert len(one["body"]) <= BODY_LIMIT
    assert one["body"].endswith("é line\n\n_Cut here: it is longer than GitHub takes._\n")
    assert has(one["body"], SIGN)


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "has it expired"),
        (403, "A pull request from a fork gets no more than a token that reads"),
        (404, "there is no such repository"),
        (410, "issues are turned off"),
        (422, "refuses the text"),
        (451, "GITHUB_API_URL"),
    ],
)
def test_a_refusal_is_told_with_its_mend_and_not_tried_again(
    api: GitHubApi, status: int, hint: str
) -> None:
    api.faults.append(Fault("POST", status))
    with pytest.raises(RefusedError) as caught:
        keep_comment(repository(api), 7, SIGN, "text")
    assert f"answers with status {status}" in caught.value.message
    assert hint in caught.value.hint
    assert api.token not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"
    assert [method for method, _ in api.asked] == ["GET", "POST"]


def test_a_comment_that_may_not_be_changed_for_another_reason_is_told(api: GitHubApi) -> None:
    api.add_comment(7, f"{SIGN}\nold")
    api.faults.append(Fault("PATCH", 422))
    with pytest.raises(RefusedError, match="422"):
        keep_comment(repository(api), 7, SIGN, "new")


@pytest.mark.parametrize("status", [429, 403])
def test_a_rate_limit_is_waited_out_as_long_as_it_says(api: GitHubApi, status: int) -> None:
    naps = Naps()
    api.faults.append(Fault("POST", status, {"Retry-After": "7"}))
    assert keep_comment(repository(api, naps), 7, SIGN, "text").made
    assert naps.taken == [7.0]
    assert len(api.comments) == 1


def test_no_wait_is_longer_than_a_minute(api: GitHubApi) -> None:
    naps = Naps()
    api.faults += [Fault("GET", 429, {"Retry-After": "3600"})]
    keep_comment(repository(api, naps), 7, SIGN, "text")
    assert naps.taken == [60.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_is_tried_again_with_growing_pauses(api: GitHubApi, status: int) -> None:
    naps = Naps()
    api.faults += [Fault("GET", status), Fault("GET", status), Fault("POST", status)]
    assert keep_comment(repository(api, naps), 7, SIGN, "text").made
    assert naps.taken == [1.0, 2.0, 4.0]


def test_an_outage_that_lasts_is_told(api: GitHubApi) -> None:
    api.faults += [Fault("GET", 503) for _ in range(9)]
    with pytest.raises(ForgeError, match="status 503") as caught:
        keep_comment(repository(api), 7, SIGN, "text")
    assert "try again later" in caught.value.hint
    assert len(api.asked) == 4


def test_a_comment_whose_answer_got_lost_is_not_made_twice(api: GitHubApi) -> None:
    api.faults.append(Fault("POST", 502, done=True))
    assert not keep_comment(repository(api), 7, SIGN, "text").made
    assert len(api.comments) == 1


def test_a_wrong_token_reads_nothing(api: GitHubApi) -> None:
    with pytest.raises(RefusedError, match="401"):
        keep_comment(repository(api, GITHUB_TOKEN="ghs_other"), 7, SIGN, "text")


def test_pages_of_another_host_get_no_token(api: GitHubApi) -> None:
    with serving() as other:
        link = f'<{other.url}/x>; rel="next"'
        api.server.answers = {COMMENTS: text(200, "[]", Link=link)}
        with pytest.raises(ForgeError, match="another host"):
            keep_comment(repository(api), 7, SIGN, "text")
        assert not other.seen


def test_an_answer_that_is_none_is_told(api: GitHubApi) -> None:
    api.server.answers = {COMMENTS: text(200, "<html>login</html>")}
    with pytest.raises(ForgeError, match="something else"):
        keep_comment(repository(api), 7, SIGN, "text")


def test_a_host_that_is_not_there_is_told() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    where = Repository(REPOSITORY, "x", {}, url)
    with pytest.raises(ForgeError, match="no answer from") as caught:
        keep_comment(where, 7, SIGN, "text")
    assert "GITHUB_API_URL" in caught.value.hint


# ---------------------------------------------------------------- issues

TRIAGE = mark("triage", "mlflow")
PULL = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), "https://github.example/x")


def test_an_issue_is_made_once_brought_up_to_date_and_closed(api: GitHubApi) -> None:
    api.add_issue("A question", "How?", user=user("ada"))
    api.add_issue("Bump", f"{TRIAGE}\na pull request", pull_request=PULL)
    first = keep_issue(repository(api), TRIAGE, "Upgrade to 2", "two", wanted=True)
    again = keep_issue(repository(api), TRIAGE, "Upgrade to 2", "two", wanted=True)
    second = keep_issue(repository(api), TRIAGE, "Upgrade to 3", "three", wanted=True)
    assert first is not None
    assert again is not None
    assert second is not None
    assert (first.made, again.made, second.made) == (True, False, False)
    ours = api.issues[3]
    assert (ours["title"], ours["body"], ours["state"]) == (
        "Upgrade to 3",
        f"{TRIAGE}\nthree",
        "open",
    )
    keep_issue(repository(api), TRIAGE, "", "nothing newer", wanted=False)
    assert (ours["title"], ours["state"]) == ("Upgrade to 3", "closed")
    assert ours["state_reason"] == "completed"
    assert keep_issue(repository(api), TRIAGE, "", "nothing newer", wanted=False) is None
    assert len(api.issues) == 3


# ---------------------------------------------------------------- settings


def test_what_a_job_says_of_its_repository() -> None:
    environ = {"GITHUB_REPOSITORY": "octo/forge", "GH_TOKEN": "t"}
    found = repository_of(environ)
    assert (found.name, found.api, found.token) == ("octo/forge", API, "t")
    assert "'t'" not in repr(found)
    assert repository_of(environ, "other/one").name == "other/one"
    own = repository_of({**environ, "GITHUB_API_URL": "https://ghe.example/api/v3/"})
    assert own.api == "https://ghe.example/api/v3"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"GITHUB_TOKEN": "t"}, "no repository is named"),
        ({"GITHUB_TOKEN": "t", "GITHUB_REPOSITORY": "a/../b"}, "is no repository"),
        ({"GITHUB_REPOSITORY": "a/b"}, "holds nothing"),
        ({"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "a\nb"}, "no token"),
        (
            {"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "t", "GITHUB_API_URL": "file:///x"},
            "no address",
        ),
    ],
)
def test_settings_that_cannot_be(environ: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        repository_of(environ)
    assert caught.value.hint


def test_a_mark_cannot_be_ended_by_its_words() -> None:
    sign = mark("run", "a --> <b>", "c--d")
    assert sign == "<!-- upgrade-runner run: a ___ _b_ c__d -->"
    assert marked("text", "<!-- x -->") == "<!-- x -->\ntext"
