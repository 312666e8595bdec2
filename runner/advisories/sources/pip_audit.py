"""The source ``pip-audit``: PyPA's scanner, run from an environment of its own.

Facts about pip-audit 2.10.1 that are dealt with here:

- It exits 1 for findings and for a traceback alike, and 0 where it has skipped every package: only
  its report counts.
- It shares pip's HTTP cache, which may answer with what was true yesterday: it gets a fresh one.
- Of OSV's answer it leaves out records of another major schema or without ``affected``, with no
  more than a warning: each such warning becomes a problem.

And some that its report cannot tell, where the source ``osv-api`` is stricter: it takes any empty
JSON of OSV (``[]``, ``null``) for "none found", and reads no more than the first page of an answer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Door, Ended, Problem, Report, SourceError
from runner.advisories.sources.live import address, now, queried
from runner.advisories.sources.pip_audit_report import Audit, read_audit
from runner.advisories.tools import Tool, harmless, last_words, prepare
from runner.advisories.versions import public

_LIMIT = 64 << 20
"""Bytes of a report; one of 1,000 packages has less than 1 MiB."""
_SERVICES: Mapping[str, str] = {
    "pypi": "https://pypi.org",
    "osv": "https://api.osv.dev/v1/query",
}
"""Where pip-audit asks, by its name for the service (``--vulnerability-service``)."""
_OPTIONS = (
    "--no-deps", "--disable-pip", "--progress-spinner", "off",
    "--format", "json", "--desc", "off", "--aliases", "on",
)  # fmt: skip
"""Every option that a variable ``PIP_AUDIT_…`` could set otherwise is stated."""
_LEFT_OUT = "WARNING:pip_audit._service."
"""How a line of stderr begins that tells of a record that was left out."""
_MEND = "let this machine reach the service (HTTPS_PROXY, SSL_CERT_FILE), or use the source 'osv'"


@dataclass(frozen=True)
class PipAudit:
    """pip-audit at a version, and whom it asks."""

    version: str = "2.10.1"
    """Of pip-audit; the runner has a lock for it."""
    service: str = "pypi"
    """``pypi`` or ``osv``."""
    osv_url: str = ""
    """Another address than OSV's for its ``/v1/query``; with the service ``osv`` alone."""

    def __post_init__(self) -> None:
        """Raise ValueError for options that do not go together."""
        if self.service not in _SERVICES:
            raise ValueError(f"pip-audit asks {' or '.join(_SERVICES)}, not {self.service[:80]!r}")
        if self.osv_url and self.service != "osv":
            raise ValueError("'osv_url' needs 'service: osv'")
        address(self.where)

    @property
    def name(self) -> str:
        """As in `Report.source`."""
        return "pip-audit"

    @property
    def where(self) -> str:
        """The address that is asked."""
        return self.osv_url or _SERVICES[self.service]

    def describe(self) -> str:
        """Say what would be asked."""
        return f"pip-audit {self.version} asks {self.where}"

    def scan(self, inventory: Inventory, door: Door) -> Report:
        """Look at every component; raises SourceError where there is no sound report."""
        tool = Tool("pip-audit", self.version)
        python = prepare(tool, door)
        kept = f"pip-audit-{self.service}.json"
        asked = now()
        with tempfile.TemporaryDirectory(dir=door.scratch, prefix="pip-audit-") as fresh:
            ended, data = self._run(python, Path(fresh), inventory, door)
        door.keep(kept, data)
        audit = read_audit(data, inventory, kept)
        _agree(audit, ended)
        return Report(
            source=self.name,
            tool=str(tool),
            database=queried(self.name, self.where, asked, len(audit.advisories)),
            advisories=audit.advisories,
            audited=audit.audited,
            skipped=audit.skipped,
            problems=tuple(_left_out(ended)),
        )

    def _run(
        self, python: Path, folder: Path, inventory: Inventory, door: Door
    ) -> tuple[Ended, bytes]:
        """Run it in a fresh folder, so that no earlier report can be read as its own."""
        requirements = "".join(map(_requirement, inventory.components))
        (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
        ended = door.run(self._argv(python, folder), env=_environment(door.env))
        door.log("".join(f"{line}\n" for line in _lines(ended)))
        return ended, _report(folder / "report.json", ended)

    def _argv(self, python: Path, folder: Path) -> tuple[str, ...]:
        service = ("--vulnerability-service", self.service)
        return (
            *(str(python), "-I", "-m", "pip_audit", *_OPTIONS, *service),
            *(("--osv-url", self.where) if self.service == "osv" else ()),
            *("--cache-dir", str(folder / "cache")),
            *("--requirement", str(folder / "requirements.txt")),
            *("--output", str(folder / "report.json")),
        )


def _requirement(component: Component) -> str:
    """Ask for the public version: no service knows local builds, and they have the same flaws."""
    return f"{component.name}=={public(component.parsed)}\n"


def _environment(env: Mapping[str, str]) -> Mapping[str, str]:
    """Give the variables for pip-audit: all warnings, and the certificates that all others use."""
    stated = {"PIP_AUDIT_LOGLEVEL": "INFO"}
    bundle = env.get("SSL_CERT_FILE", "")
    if bundle and not env.get("REQUESTS_CA_BUNDLE") and not env.get("CURL_CA_BUNDLE"):
        stated["REQUESTS_CA_BUNDLE"] = bundle  # what the library requests looks at
    return stated


def _report(path: Path, ended: Ended) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LIMIT + 1)
    except OSError:
        said = last_words(ended)
        raise SourceError(f"pip-audit wrote no report: {said}", hint=_MEND) from None
    if len(data) > _LIMIT:
        raise SourceError("pip-audit's report is larger than 64 MiB", hint="scan fewer packages")
    return data


def _agree(audit: Audit, ended: Ended) -> None:
    """Refuse an exit code that the report does not explain; findings count with any."""
    if ended.exit_code and not audit.advisories:
        raise SourceError(
            f"pip-audit ended with exit code {ended.exit_code} although its report has no finding: "
            f"{last_words(ended)}",
            hint=_MEND,
        )


def _left_out(ended: Ended) -> Iterator[Problem]:
    for line in _lines(ended):
        if line.startswith(_LEFT_OUT):
            yield Problem("pip-audit's log", line.removeprefix(_LEFT_OUT))


def _lines(ended: Ended) -> list[str]:
    return [harmless(line) for line in ended.stderr.decode("utf-8", "replace").splitlines()]
