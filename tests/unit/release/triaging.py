"""A repository with a package, an index, a feed, alerts and advisories, to be triaged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.door import LocalDoor
from unit.advisories.records import folder, record
from unit.advisories.repositories import door, program
from unit.kinds.servers import Server, document, serving, text
from unit.release.upstream.asking import OFFLINE, alert, entry, feed, listed, wheel

from runner.kinds import load_kinds
from runner.playbook import load
from runner.release.triage import Asker, Triage

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PLAYBOOK = """
release: {{package: demo, version: "1.0", cves: [CVE-2026-1001, CVE-2020-1]}}
pins:
  - {{file: demo.in, requirement: demo}}
{upstream}
advisories:
  subject: {{lock: {{file: demo.txt, python: {python}}}}}
  sources: [{sources}]
  policy: {{packages: [demo]}}
  waivers: waivers.yaml
stages:
  preflight:
    - {{area: Before, uses: advisories, with: {{scan: before}}, expect: Kept.}}
  verification:
    - {{area: After, uses: advisories, with: {{scan: after}}, expect: None left.}}
"""
WAIVERS = """
waivers:
  - id: CVE-2026-1003
    package: demo
    versions: ">=1.2"
    reason: not reachable
    owner: Security
    expires: 2027-01-31
"""
REFUSING = """for last; do :; done
if grep -q "demo==1.3" "$last"; then
  echo "error: No solution found when resolving dependencies" >&2
  echo "  cause: Because there is no version of base==1.3" >&2
  exit 1
fi"""
"""A resolver to which 1.3 does not resolve."""


@dataclass
class Workshop:
    """All of it, with the server running."""

    server: Server
    """Index, feed and alerts."""
    lent: LocalDoor
    """To the repository, with pip set up for the index."""
    upstream: str = ""
    """The playbook's ``upstream``, of which ``{url}`` is the server."""
    sources: str = "{osv: osv}"
    """The playbook's ``advisories.sources``."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Tokens."""

    def triage(self, edit: Callable[[str], str] = str) -> Triage:
        """Make the triage of the playbook, changed where told."""
        upstream = self.upstream.replace("{url}", self.server.url)
        told = PLAYBOOK.format(upstream=upstream, python=sys.executable, sources=self.sources)
        path = self.lent.repository / "playbook.yaml"
        path.write_text(edit(told), encoding="utf-8")
        book = load(path, kinds=load_kinds(), repository=self.lent.repository, environment={})
        return Asker(book, self.lent, NOW, self.secrets, self.lent.log).run()

    def offer(self, *versions: str, **more: object) -> None:
        """Let the index have these versions."""
        files = [wheel(one, upload_time="2026-11-04T00:00:00Z", **more) for one in versions]
        self.server.answers["/simple/demo/"] = document(listed(*files))

    def publish(self) -> None:
        """Let the makers tell of 1.2 and of 1.9, which the index does not have."""
        told = feed(entry("v1.2", content="CVE-2026-1001"), entry("v1.9"))
        self.server.answers["/feed"] = text(200, told)

    def warn(self) -> None:
        """Let the repository have an alert."""
        path = "/api/repos/o/demo/dependabot/alerts"
        self.server.answers[path] = document([alert(7, "< 1.2"), alert(8, None)])


def flaw(name: str, *events: Mapping[str, str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give a record on the package."""
    return record(name, [dict(one) for one in events], "demo", **more)


RECORDS = (
    flaw("CVE-2026-1001", {"introduced": "0"}, {"fixed": "1.1"}),
    flaw("CVE-2026-1002", {"introduced": "0"}, {"last_affected": "1.1"}),
    flaw("CVE-2026-1003", {"introduced": "0"}),
    flaw("CVE-2026-1004", {"introduced": "1.1"}, {"fixed": "1.2"}),
)


@contextmanager
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """Set it up: demo 1.0 to 1.3, of which 1.2 is the one to take."""
    files = {"demo.in": "demo==1.0\n", "demo.txt": "demo==1.0\n", "waivers.yaml": WAIVERS}
    lent = door(tmp_path, files)
    folder(lent.repository / "osv", *RECORDS)
    with serving() as server:
        env = {
            **lent.env,
            **OFFLINE,
            "PIP_INDEX_URL": f"{server.url}/simple",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        made = Workshop(server, replace(lent, env=env))
        program(made.lent, "uv", REFUSING)
        made.offer("0.9", "1.0", "1.1", "1.2", "1.3")
        yield made


def offline(made: Workshop) -> None:
    """Let the index be down."""
    made.server.answers["/simple/demo/"] = text(503, "")
