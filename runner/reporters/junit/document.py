"""The document as a stream of pieces: counted in a first reading, written in a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

from runner.model import Run
from runner.reporters.junit.entries import OUTPUT, Entry, Fault, Suite, Tag, no_faults
from runner.reporters.junit.suites import suites, title
from runner.reporters.junit.xml import TEXT_LIMIT, attribute, content, properties, seconds
from runner.reporters.text import one_line

_UNNAMED = "(unnamed)"
_ROOM = 20_000_000
"""Characters of texts, all together: GitLab reads no file of more than 30 MB ("Unit test reports",
limits)."""
_LEAST = 500
"""Characters that each has all the same."""


class Names:
    """Hands out names that are unique in their class: ``x``, ``x (2)``, ``x (3)``."""

    def __init__(self) -> None:
        """Begin with none taken."""
        self._taken: dict[tuple[str, str], int] = {}

    def claim(self, classname: str, name: str) -> str:
        """Give the name as it may stand in the report, made safe and unique."""
        name = one_line(name)
        name = name if name.strip() else _UNNAMED
        key = (classname, name)
        if key not in self._taken:
            self._taken[key] = 1
            return name
        number = self._taken[key] + 1
        while (classname, f"{name} ({number})") in self._taken:
            number += 1
        self._taken[key] = number
        unique = f"{name} ({number})"
        self._taken[classname, unique] = 1
        return unique


def chunks(run: Run, *, extended: bool, rerun: Callable[[str], str] | None) -> Iterator[str]:
    """Give the document piece by piece."""
    total: Counter[Tag] = Counter()
    for suite in suites(run, rerun):
        total.update(suite.tally)
    told = total.total() - total[Tag.PASSED]
    limit = max(_LEAST, min(TEXT_LIMIT, _ROOM // max(1, told)))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites name={attribute(title(run))} {_counts(total)}"
    yield f' time="{seconds(run.duration)}">\n'
    host = f" hostname={attribute(run.host)}" if run.host else ""
    names = Names()
    for suite in suites(run, rerun):
        yield _suite_start(suite, names, host)
        for entry in suite.entries():
            yield _case(entry, names, limit, extended=extended)
        yield "</testsuite>\n"
    yield "</testsuites>\n"


def _counts(tally: Counter[Tag]) -> str:
    return f'tests="{tally.total()}" failures="{tally[Tag.FAILURE]}" errors="{tally[Tag.ERROR]}"'


def _suite_start(suite: Suite, names: Names, host: str) -> str:
    # A suite's name lives in a class of its own, which no test case can have.
    name = attribute(names.claim("\0", suite.name))
    when = f" timestamp={attribute(suite.timestamp)}" if suite.timestamp else ""
    return (
        f'<testsuite name={name} {_counts(suite.tally)} skipped="{suite.tally[Tag.SKIPPED]}"'
        f' time="{seconds(suite.seconds)}"{when}{host}>\n{properties(suite.properties)}'
    )


def _case(entry: Entry, names: Names, limit: int, *, extended: bool) -> str:
    classname, shown = _classname(entry.classname)
    name = names.claim(classname, entry.name)
    start = f'<testcase classname={shown} name={attribute(name)} time="{seconds(entry.seconds)}"'
    if entry.faults is no_faults and not extended:
        return f"{start}/>\n"
    inner = properties(entry.properties()) if extended else ""
    inner += "".join(_fault(fault, limit) for fault in entry.faults())
    return f"{start}>\n{inner}</testcase>\n" if inner else f"{start}/>\n"


@lru_cache(1024)
def _classname(text: str) -> tuple[str, str]:
    """Give a class name made safe, and as an attribute; nearly all cases share theirs."""
    safe = one_line(text)
    return safe, attribute(safe)


def _fault(fault: Fault, limit: int) -> str:
    text = content(fault.text.strip("\n"), limit)
    if fault.element.startswith(("flaky", "rerun")):
        text = f"<stackTrace>{text}</stackTrace>"
    if fault.element == OUTPUT:
        return f"<{OUTPUT}>{text}</{OUTPUT}>\n"
    start = f"<{fault.element} type={attribute(fault.kind)} message={attribute(fault.message)}"
    return f"{start}>{text}</{fault.element}>\n" if text else f"{start}/>\n"
