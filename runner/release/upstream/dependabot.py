"""``dependabot``: the open Dependabot alerts of a GitHub repository for the package.

Formats are those of GitHub's REST API, version 2022-11-28, "List Dependabot alerts for a
repository". The token comes from ``GITHUB_TOKEN`` or ``GH_TOKEN``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from runner.advisories.tools import harmless
from runner.advisories.versions import package_name
from runner.release.upstream.base import Alert, Question, Told, UpstreamError
from runner.release.upstream.web import OK, Asked, asking, origin

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
"""Variables that may hold the token; the first that is set counts."""
_MOST_PAGES = 20
"""Of 100 alerts each; a package with more has other problems."""
_NEXT = re.compile(r'<([^>]{1,2000})>\s*;\s*rel="next"')
_TOKEN = re.compile(r"[!-~]{1,4096}")
_RIGHT = "it needs the right to read Dependabot alerts (scope 'security_events', or the permission)"
_HINTS = {
    401: f"the token of {' or '.join(TOKENS)} is not accepted: has it expired? {_RIGHT}",
    403: f"the token may not do this, or has used up its rate limit; {_RIGHT}",
    404: f"is 'upstream.dependabot' spelt right? To a token without the right it looks the same: "
    f"{_RIGHT}",
    429: "the rate limit is used up: try again later",
}


class _Package(msgspec.Struct, frozen=True):
    name: str


class _Dependency(msgspec.Struct, frozen=True):
    package: _Package


class _Advisory(msgspec.Struct, frozen=True):
    ghsa_id: str
    severity: str
    cve_id: str | None = None


class _Vulnerability(msgspec.Struct, frozen=True):
    vulnerable_version_range: str | None = None


class _Alert(msgspec.Struct, frozen=True):
    number: int
    dependency: _Dependency
    security_advisory: _Advisory
    security_vulnerability: _Vulnerability
    html_url: str = ""


@dataclass(frozen=True)
class Dependabot:
    """The alerts of the repository that the playbook names."""

    def address(self, question: Question) -> str:
        """Give the address of the alerts; empty where no repository or no token is there."""
        settings = question.settings
        if not settings.dependabot or not _token(question):
            return ""
        return f"{settings.api.rstrip('/')}/repos/{settings.dependabot}/dependabot/alerts"

    def missing(self, question: Question) -> str:
        """Say what is not there."""
        if not question.settings.dependabot:
            return "no repository is named: 'upstream.dependabot'"
        return f"{question.settings.dependabot} needs a token in {' or '.join(TOKENS)}"

    def ask(self, question: Question) -> Told:
        """Ask page by page; raises UpstreamError."""
        where = self.address(question)
        token = _token(question)
        if not _TOKEN.fullmatch(token):
            raise UpstreamError(
                f"{' or '.join(TOKENS)} holds something that is no token",
                hint="a token has neither spaces nor line breaks",
            )
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {token}",
        }
        base, path = origin(where)
        query = f"?state=open&ecosystem=pip&package={quote(question.package, safe='')}&per_page=100"
        env = question.door.env
        pages = asking(
            base,
            env,
            lambda asked: _pages(asked, base, path + query, where),
            key="api",
            headers=headers,
        )
        mine = [one for page in pages for one in page if _is_about(one, question.package)]
        return Told(alerts=tuple(map(_alert, mine)))


DEPENDABOT = Dependabot()
"""The alerts."""


def _token(question: Question) -> str:
    return next(filter(None, (question.secrets.get(name, "") for name in TOKENS)), "")


def _pages(asked: Asked, base: str, path: str, where: str) -> list[list[_Alert]]:
    pages: list[list[_Alert]] = []
    while path:
        if len(pages) == _MOST_PAGES:
            raise UpstreamError(
                f"{where} has more than {_MOST_PAGES} pages of alerts",
                hint="is the API's address right? No package has so many",
            )
        status, body, link = asked.get(path)
        if status != OK:
            raise UpstreamError(
                f"{where} answers with status {status}",
                hint=_HINTS.get(status, "is 'upstream.api' the address of GitHub's REST API?"),
            )
        pages.append(_page(body, where))
        path = _following(link, base, where)
    return pages


def _page(body: bytes, where: str) -> list[_Alert]:
    try:
        return msgspec.json.decode(body, type=list[_Alert])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        told = harmless(str(error))[:200]
        raise UpstreamError(
            f"{where} answers with something else than alerts: {told}",
            hint="is 'upstream.api' the address of GitHub's REST API?",
        ) from error


def _following(link: str, base: str, where: str) -> str:
    """Give the path of the next page; the token goes to no other host."""
    found = _NEXT.search(link)
    if found is None:
        return ""
    there, path = origin(found[1])
    if there != base:
        raise UpstreamError(
            f"{where} continues on another host, which gets no token",
            hint="name the address that the API gives itself under 'upstream.api'",
        )
    return path


def _is_about(one: _Alert, package: str) -> bool:
    try:
        return package_name(one.dependency.package.name) == package
    except ValueError:
        return False


def _alert(one: _Alert) -> Alert:
    advisory = one.security_advisory
    names = [name for name in (advisory.cve_id, advisory.ghsa_id) if name]
    return Alert(
        one.number,
        tuple(harmless(name)[:80] for name in names),
        harmless(advisory.severity)[:20],
        _range(one.security_vulnerability.vulnerable_version_range),
        one.html_url if re.fullmatch(r"https?://[!-~]{1,500}", one.html_url) else "",
    )


def _range(text: str | None) -> SpecifierSet | None:
    """Read a range as GitHub writes it: ``>= 3.0, < 3.9`` or ``= 3.6.0``."""
    if not text:
        return None
    try:
        return SpecifierSet(re.sub(r"(^|,)\s*=(?=\s*\d)", r"\1==", text))
    except InvalidSpecifier:
        return None
