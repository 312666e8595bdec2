"""Run by an interpreter that has pip: fetches the pages of a package through pip's own client.

Index, proxy, certificates and credentials (netrc, keyring) are those that pip is set up with. The
answer goes as JSON into the file that is named, for it holds addresses with their credentials. It
runs under any Python from 3.8 on and any pip from 20 on, alone: nothing else of the runner can be
imported there. Of pip's inner parts it uses those that each of its releases from 20.0 to 26.0 has:
``create_command``, ``parse_args``, ``_build_session`` and ``auth.prompting``.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.01"
)
LIMIT = 64 << 20
OK, NOT_FOUND = 200, 404
SILENCE = 30
DEPTH = 8


def origin(url: str) -> str:
    """Give an address without user, path and query: a path may hold a token as well."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return "file://" + parts.path
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def page(session: Any, base: str, package: str) -> dict[str, object]:  # noqa: ANN401 - pip's own
    """Fetch the page of a package in one index."""
    url = f"{base.rstrip('/')}/{package}/"
    told: dict[str, object] = {"where": "", "status": 0, "type": "", "body": "", "error": ""}
    try:
        told["where"] = origin(base)
        kept = folder_page(url) if url.startswith("file:") else fetched(session, url)
        told.update(kept)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        told["error"] = why(error)
    return told


def fetched(session: Any, url: str) -> dict[str, object]:  # noqa: ANN401 - pip's own
    """Ask a server, and read its answer up to a limit."""
    response = session.get(url, headers={"Accept": ACCEPT}, stream=True, timeout=SILENCE)
    body = bytearray()
    if response.status_code == OK:
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > LIMIT:
                return {"error": "its page is larger than 64 MiB"}
    return {
        "status": response.status_code,
        "type": response.headers.get("Content-Type", ""),
        "body": body.decode("utf-8", "replace"),
    }


def folder_page(url: str) -> dict[str, object]:
    """Read the page of an index that lies in a folder."""
    path = Path(url2pathname(urlsplit(url).path), "index.html")
    if not path.is_file():
        return {"status": NOT_FOUND}
    with path.open("rb") as stream:
        body = stream.read(LIMIT).decode("utf-8", "replace")
    return {"status": OK, "type": "text/html", "body": body}


def why(error: BaseException) -> str:
    """Name an error by its class and its inmost cause; its own text may hold credentials."""
    cause = error
    for _ in range(DEPTH):
        inner: list[object] = [*cause.args, getattr(cause, "reason", None), cause.__context__]
        following = next((one for one in inner if isinstance(one, BaseException)), None)
        if following is None:
            break
        cause = following
    told = getattr(cause, "verify_message", "") or getattr(cause, "strerror", "")
    if type(cause).__name__ == "ResponseError":
        told = str(cause)  # urllib3's: "too many 503 error responses"
    return f"{type(error).__name__}: {told or type(cause).__name__}"


def beside(places: list[str]) -> list[str]:
    """List the files of the folders that ``find-links`` names."""
    paths = [url2pathname(urlsplit(one).path) if one.startswith("file:") else one for one in places]
    return [one.name for path in paths if Path(path).is_dir() for one in Path(path).iterdir()]


def ask(package: str) -> dict[str, object]:
    """Ask every index that pip is set up with."""
    version = import_module("pip").__version__
    command = import_module("pip._internal.commands").create_command("download")
    options, _ = command.parse_args([package, "--no-input", "--disable-pip-version-check"])
    named = [] if options.no_index else [options.index_url, *options.extra_index_urls]
    indexes = list(dict.fromkeys(filter(None, named)))
    session = command._build_session(options, retries=1)  # noqa: SLF001 - see above
    session.auth.prompting = False
    return {
        "pip": version,
        "pages": [page(session, url, package) for url in indexes],
        "files": beside(options.find_links or []),
        "settings": {
            "indexes": indexes,
            "links": list(options.find_links or []),
            "certificates": options.cert or "",
        },
    }


def main(package: str, file: str) -> None:
    """Write the answer into a file that nobody else can read."""
    try:
        told = ask(package)
    except ImportError:
        told = {"pip": ""}
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(told, stream)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
