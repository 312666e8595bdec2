"""``POST /v1/querybatch`` of OSV's API: which records name which packages.

The answers' shapes are closed. A key that is not known may be an error that the service reports in
its own way, and must not be read as "nothing found".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from runner.advisories.inventory import Component
from runner.advisories.record import Id
from runner.advisories.sources.base import SourceError
from runner.advisories.versions import public

PATH = "/v1/querybatch"
"""Below the service's address."""
_MOST = 1000
"""Queries of one batch, the most that OSV takes."""
_PAGES = 50
"""Pages of one query; OSV ends a page after 1,000 records, and no package has so many."""

Ask = Callable[[str, bytes | None], bytes]
"""Asks for a path, with a body or none, and gives the body of the answer."""


class Package(msgspec.Struct, frozen=True):
    """``queries[].package``."""

    name: str
    """Normalised (PEP 503)."""
    ecosystem: str = "PyPI"
    """As OSV calls it."""


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """``queries[]``."""

    package: Package
    """Whose records."""
    version: str
    """Normalised (PEP 440), without its local part, which no record knows."""
    page_token: str = ""
    """Of the page that is wanted; empty for the first."""


class _Named(msgspec.Struct, frozen=True):
    id: Id


class _Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vulns: tuple[_Named, ...] = ()
    next_page_token: str = ""


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    results: tuple[_Result, ...]


_DECODER = msgspec.json.Decoder(_Answer)


def affecting(components: Sequence[Component], ask: Ask) -> dict[str, tuple[Component, ...]]:
    """Give the ids of all records that affect components, with the components of each.

    Raises SourceError for an answer of another shape, and for pages without end.
    """
    found: dict[str, dict[str, Component]] = {}
    waiting = [(one, "") for one in components]
    for _ in range(_PAGES):
        following: list[tuple[Component, str]] = []
        for start in range(0, len(waiting), _MOST):
            batch = waiting[start : start + _MOST]
            for (component, _token), result in zip(batch, _results(batch, ask), strict=True):
                for named in result.vulns:
                    found.setdefault(named.id, {})[component.name] = component
                if result.next_page_token:
                    following.append((component, result.next_page_token))
        if not following:
            return {name: tuple(found[name].values()) for name in sorted(found)}
        waiting = following
    raise _strange(f"more than {_PAGES} pages on {waiting[0][0].name}")


def _results(batch: Sequence[tuple[Component, str]], ask: Ask) -> tuple[_Result, ...]:
    queries = [
        Query(Package(one.name), str(public(one.parsed)), page_token=token) for one, token in batch
    ]
    data = ask(PATH, msgspec.json.encode({"queries": queries}))
    try:
        results = _DECODER.decode(data).results
    except (ValueError, RecursionError) as error:  # msgspec raises both
        raise _strange(str(error)) from error
    if len(results) != len(queries):
        raise _strange(f"{len(results)} results for {len(queries)} queries")
    return results


def _strange(reason: str) -> SourceError:
    return SourceError(
        f"the answer of {PATH} is not OSV's: {reason}",
        hint="is 'base_url' the address of an OSV service, and nothing in between?",
    )
