"""Makers of questions, pages, feeds and alerts."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from unit.advisories.repositories import door

from runner.model import Release, Upstream
from runner.release.upstream.base import Question

OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_NO_INDEX": "",
    "PIP_CERT": "",
    "HTTP_PROXY": "",
    "HTTPS_PROXY": "",
    "http_proxy": "",
    "https_proxy": "",
    "NETRC": os.devnull,
}
"""No setting of pip but those of a test."""


def question(
    tmp_path: Path,
    env: Mapping[str, str] | None = None,
    *,
    secrets: Mapping[str, str] | None = None,
    release: Release | None = None,
    **settings: Any,  # noqa: ANN401 - any setting of `Upstream`
) -> Question:
    """Ask for newer versions of demo 1.0."""
    lent = door(tmp_path)
    lent = replace(lent, env={**lent.env, **OFFLINE, **(env or {})})
    return Question(
        release or Release("Demo", "1.0"),
        "demo",
        Upstream(**settings),
        lent,
        sys.executable,
        secrets or {},
    )


def listed(*files: Mapping[str, object]) -> dict[str, object]:
    """Give a page as PEP 691 has it."""
    return {"meta": {"api-version": "1.1"}, "name": "demo", "files": list(files)}


def wheel(version: str, **more: object) -> dict[str, object]:
    """Give a file of such a page; ``_`` in a key stands for ``-``."""
    stated = {name.replace("_", "-"): value for name, value in more.items()}
    return {"filename": f"demo-{version}-py3-none-any.whl", "url": "x", "hashes": {}, **stated}


ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:example.org:releases</id>
  <title>Release notes from demo</title>
  <updated>2026-03-01T00:00:00Z</updated>
  {entries}
</feed>
"""


def entry(tag: str, title: str = "", content: str = "", updated: str = "2026-03-01") -> str:
    """Give an entry as GitHub writes it."""
    return f"""<entry>
    <id>tag:github.com,2008:Repository/1/{tag}</id>
    <updated>{updated}T10:00:00Z</updated>
    <link rel="alternate" type="text/html" href="https://example.org/o/demo/releases/tag/{tag}"/>
    <title>{title or tag}</title>
    <content type="html">{content}</content>
  </entry>"""


def feed(*entries: str) -> bytes:
    """Give a feed."""
    return ATOM.format(entries="\n".join(entries)).encode()


def alert(number: int, versions: str | None, package: str = "demo", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give an alert as GitHub's REST API does (`test_dependabot` holds it against that)."""
    about = {"ecosystem": "pip", "name": package}
    vulnerable = {
        "package": about,
        "severity": "high",
        "vulnerable_version_range": versions,
        "first_patched_version": {"identifier": "1.2"},
    }
    moment = "2026-11-27T10:00:00Z"
    dismissed = dict.fromkeys(("at", "by", "reason", "comment"))
    return {
        "number": number,
        "state": "open",
        "dependency": {"package": about, "manifest_path": "requirements.txt"},
        "security_advisory": {
            "ghsa_id": "GHSA-2222-3333-4444",
            "cve_id": f"CVE-2026-{1000 + number}",
            "summary": "Bad",
            "description": "Very bad",
            "severity": "high",
            "vulnerabilities": [vulnerable],
            "cvss": {"score": 7.5, "vector_string": None},
            "cwes": [],
            "identifiers": [],
            "references": [],
            **dict.fromkeys(("published_at", "updated_at"), moment),
            "withdrawn_at": None,
            **more,
        },
        "security_vulnerability": vulnerable,
        "url": f"https://api.github.com/repos/o/demo/dependabot/alerts/{number}",
        "html_url": f"https://github.com/o/demo/security/dependabot/{number}",
        **dict.fromkeys(("created_at", "updated_at"), moment),
        **{f"dismissed_{key}": value for key, value in dismissed.items()},
        "fixed_at": None,
    }
