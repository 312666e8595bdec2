"""The online database, as far as it can be known: by what safety has cached of it.

2.3.5 keeps it in ``~/.safety/cache.json``, 3.7.0 in ``~/.safety/200/cache.json`` (``safety.py``:
write_to_cache); the home is that of the run, so that it holds no database of another one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from runner.advisories.export.safety_format import INDEX, META, Schema
from runner.advisories.findings import Database
from runner.advisories.inventory import Inventory
from runner.advisories.sources.safety.database import PASSED_OVER, Meta, moment, packages

_ONLINE = "the online database of safety"


class _Cached(msgspec.Struct, frozen=True):
    """What is kept under the name of a file."""

    db: msgspec.Raw


def blind_online(inventory: Inventory) -> dict[str, str]:
    """Name the components that safety may not see with it: nobody has looked it through."""
    return {one.name: PASSED_OVER for one in inventory.components if one.parsed.is_prerelease}


def fetched(home: Path, schema: Schema) -> Database:
    """Give what was fetched in a run; without identity and timestamp where nothing was cached."""
    try:
        cache = next(iter(sorted(home.glob(".safety/**/cache.json")))).read_bytes()
        index = msgspec.json.decode(cache, type=dict[str, _Cached])[INDEX].db
        content = msgspec.json.decode(index, type=dict[str, msgspec.Raw])
        meta = msgspec.json.decode(content[META[schema]], type=Meta)
        specs = packages(content, schema, tuple[str, ...])
    except (StopIteration, OSError, KeyError, msgspec.DecodeError):
        return Database("safety", _ONLINE, "", "", 0)
    identity = hashlib.sha256(index).hexdigest()
    records = sum(map(len, specs.values()))
    return Database("safety", _ONLINE, identity, moment(meta.timestamp), records)
