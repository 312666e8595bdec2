"""Reading the JUnit XML that pytest writes (``junit_family`` xunit2, `_pytest.junitxml` of 9.2).

The file comes from a process that may be hostile or may have been cut short: its size, the number
of its cases and the length of each text are bounded, and a document type, the door to entity
bombs, is refused.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.kinds.verdicts import Redact
from runner.kinds.wording import one_line
from runner.model import Case, Outcome

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a report that are read."""
CASE_LIMIT = 250_000
"""Cases of a report that are kept."""
TEXT_LIMIT = 16 * 1024
"""Characters kept of what a case tells; its head and, mostly, its tail."""

_HEAD = 4 * 1024
_NAME_LIMIT = 1000
_TROUBLE = {"failure": Outcome.FAILED, "error": Outcome.ERRORED, "skipped": Outcome.SKIPPED}
_RANK = {Outcome.PASSED: 0, Outcome.SKIPPED: 1, Outcome.ERRORED: 2, Outcome.FAILED: 3}


class ReportError(ValueError):
    """A report that cannot be believed; the message says why."""


@dataclass(frozen=True)
class JunitReport:
    """What a report says."""

    cases: tuple[Case, ...]
    """In the order of the file."""
    counted: int
    """Tests that the suites claim in their ``tests`` attributes."""
    troubled: int
    """Failures and errors that the suites claim."""

    @property
    def ran(self) -> int:
        """How many cases ran to an end, good or bad."""
        return sum(case.outcome is not Outcome.SKIPPED for case in self.cases)

    @property
    def listed(self) -> int:
        """How many different tests it lists; pytest lists a test twice that fails and errs."""
        return len({(case.classname, case.name) for case in self.cases})

    def of(self, outcome: Outcome) -> tuple[Case, ...]:
        """Give the cases with this outcome."""
        return tuple(case for case in self.cases if case.outcome is outcome)


def read_bytes(path: Path) -> bytes:
    """Read a report; raise ReportError where there is none, or one that is too large."""
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise ReportError("the report is not a regular file")
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError as error:
        raise ReportError("no report was written") from error
    except OSError as error:
        raise ReportError(f"the report cannot be read: {error.strerror}") from error
    if len(content) > SIZE_LIMIT:
        raise ReportError(f"the report is larger than {SIZE_LIMIT // 2**20} MiB")
    return content


def parse(content: bytes, redact: Redact) -> JunitReport:
    """Read the XML of a report; raise ReportError where it is cut, forged or too large."""
    from xml.parsers import expat  # only where a report is read

    reader = _Reader(redact)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(content, True)  # noqa: FBT003 - "this is all of it", a positional of expat
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"the report is cut short or not XML: {error}") from error
    return JunitReport(tuple(reader.cases), reader.counted, reader.troubled)


def _refuse_doctype(*_: object) -> None:
    raise ReportError("the report has a document type, which JUnit XML has not")


@dataclass(slots=True)
class _Reader:
    """Collects cases from the parser's events, in memory bounded by the limits."""

    redact: Redact
    cases: list[Case] = field(default_factory=list)
    counted: int = 0
    troubled: int = 0
    _path: list[str] = field(default_factory=list)
    _case: _OpenCase | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._path and tag not in {"testsuites", "testsuite"}:
            raise ReportError(f"the report begins with <{one_line(tag, 40)}>, not <testsuites>")
        if tag == "testsuite":
            self.counted += _count(attributes, "tests")
            self.troubled += _count(attributes, "failures") + _count(attributes, "errors")
        elif tag == "testcase":
            self._case = _OpenCase(attributes)
        elif self._case is not None and tag in _TROUBLE:
            self._case.trouble(_TROUBLE[tag], attributes.get("message", ""))
        self._path.append(tag)

    def text(self, text: str) -> None:
        if self._case is not None and self._path[-1] in _TROUBLE:
            self._case.texts.append(text)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag != "testcase" or self._case is None:
            return
        if len(self.cases) >= CASE_LIMIT:
            raise ReportError(f"the report has more than {CASE_LIMIT} cases")
        self.cases.append(self._case.close(self.redact))
        self._case = None


class _OpenCase:
    """A case whose end tag has not been read."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.attributes = attributes
        self.outcome = Outcome.PASSED
        self.message = ""
        self.texts: list[str] = []

    def trouble(self, outcome: Outcome, message: str) -> None:
        """Take the worst outcome, with its first message (a subtest adds one of its own)."""
        if _RANK[outcome] > _RANK[self.outcome]:
            self.outcome, self.message = outcome, message

    def close(self, redact: Redact) -> Case:
        """Make the case, without secrets."""
        lines = redact(self.message.strip()).splitlines()
        return Case(
            classname=redact(self.attributes.get("classname", ""))[:_NAME_LIMIT],
            name=redact(self.attributes.get("name", ""))[:_NAME_LIMIT],
            outcome=self.outcome,
            duration=_duration(self.attributes.get("time", "")),
            message=one_line(lines[0], 500) if lines else "",
            text=_bounded(redact("".join(self.texts))),
        )


def _bounded(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    left_out = len(text) - TEXT_LIMIT
    return f"{text[:_HEAD]}\n… {left_out} characters left out …\n{text[_HEAD - TEXT_LIMIT :]}"


def _count(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 - a billion
        raise ReportError(f"a suite of the report does not count its {name}")
    return int(text)


def _duration(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and value >= 0 else 0.0
