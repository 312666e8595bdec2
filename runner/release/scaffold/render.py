"""The files of a scaffold, as texts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from runner.model import Pin
from runner.release.scaffold.sightings import Sighting, Sightings

WAIVERS = "config/waivers.yaml"
WORKFLOW = ".github/workflows/release-validation.yml"
KEPT = (WAIVERS, WORKFLOW)
"""Files that are left as they are where they exist; the others must not."""
UNKNOWN = "OWNER/upgrade-runner@COMMIT"
"""Stands for the repository of the action, and a commit of it, where nobody said them."""
_ACTION = ".github/actions/validate"
_PYTHON = frozenset({"requirement", "pyproject"})


def playbook_path(package: str) -> str:
    """Give the path of a package's playbook."""
    return f"config/{canonicalize_name(package)}_release.yaml"


def render(
    package: str, seen: Sightings, paths: Iterable[PurePosixPath], action: str = UNKNOWN
) -> Mapping[str, str]:
    """Give every file's text by its path; ``action`` is ``OWNER/REPOSITORY@REF``."""
    home, _, ref = action.partition("@")
    name = canonicalize_name(package)
    is_python = any(one.pin.format in _PYTHON for one in seen.pins)
    smoke = "smoke-python.yaml" if is_python else "smoke-image.yaml"
    return {
        playbook_path(package): "\n".join(_playbook(name, seen, _tests(paths))) + "\n",
        f"checks/{name}-smoke.yaml": _template(smoke, name),
        WAIVERS: _template("waivers.yaml", name),
        WORKFLOW: _template("release-validation.yml", name)
        .replace("@ACTION@", f"{home}/{_ACTION}@{ref}")
        .replace("@PREPARE@", _prepare(seen.pins)),
    }


def _template(file: str, package: str) -> str:
    text = (files("runner") / "data" / "scaffold" / file).read_text("utf-8")
    return text.replace("@PACKAGE@", package)


def _tests(paths: Iterable[PurePosixPath]) -> str:
    """Give the folder of the tests that pytest would collect; empty where there is none."""
    found = [
        one.parts[0] if len(one.parts) > 1 else one.name
        for one in paths
        if one.suffix == ".py" and (one.name.startswith("test_") or one.stem.endswith("_test"))
    ]
    return next((one for one in ("tests", "test") if one in found), min(found, default=""))


def _quoted(text: str) -> str:
    """Write a scalar: JSON's strings are YAML's double-quoted ones."""
    return json.dumps(text, ensure_ascii=False)


def _playbook(name: str, seen: Sightings, tests: str) -> Iterator[str]:
    yield "# The upgrade of one pinned dependency: where its version stands, and what must hold."
    yield "# `runner lint` checks this file, `runner status` shows where the upgrade is."
    yield ""
    yield "release:"
    yield f"  package: {_quoted(name)}"
    yield f"  version: {_quoted(seen.version)}"
    if image := _image(seen.pins):
        yield f"  image: {_quoted(image.replace('{version}', seen.version))}"
        yield f"  image_template: {_quoted(image)}"
    yield "  upgrade_status: queued"
    yield "  cves: []   # the advisories that you track for this version"
    yield ""
    yield "owners:"
    yield "  dri: unassigned      # who answers for the upgrade"
    yield "  backup: unassigned   # who stands in"
    yield ""
    yield "# The places that repeat the version. A bump changes them together."
    yield "pins:"
    yield from (f"  - {_pin(one.pin)}" for one in seen.pins)
    yield from _elsewhere(seen)
    scanned = _scanned(seen.pins)
    if scanned:
        yield ""
        yield "# Who is asked about what ships, and what is forbidden."
        yield "advisories:"
        yield f"  subject: {scanned}"
        yield "  sources: [pip-audit: {}]"
        yield f"  policy: {{packages: [{_quoted(name)}]}}"
        yield f"  waivers: {WAIVERS}"
    yield ""
    yield from _stages(name, tests, scans=bool(scanned))


def _elsewhere(seen: Sightings) -> Iterator[str]:
    """Tell of what is no pin, in comments of one line each."""
    for one in seen.others:
        told = f"{one.pin.file}:{one.line} holds {one.version}"
        yield f"  # {_comment(told)}: pin it too once it is {seen.version}"
    yield from (f"  # {_comment(note)}" for note in seen.notes)


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _image(pins: Iterable[Sighting]) -> str:
    """Give the template of the image, where a pin holds the whole reference."""
    whole = (one.pin for one in pins if one.pin.format == "yaml_path")
    return next((one.template for one in whole if ":" in one.template), "")


def _pin(pin: Pin) -> str:
    parts = [f"file: {_quoted(pin.file)}", f"{pin.format}: {_quoted(pin.selector)}"]
    if pin.columns:
        cells = (f"{_quoted(key)}: {_quoted(value)}" for key, value in pin.columns.items())
        parts.append(f"columns: {{{', '.join(cells)}}}")
    if pin.template != "{version}":
        parts.append(f"template: {_quoted(pin.template)}")
    if pin.times != 1:
        parts.append(f"times: {pin.times}")
    return f"{{{', '.join(parts)}}}"


def _scanned(pins: Iterable[Sighting]) -> str:
    """Say what of Python's is scanned; empty where nothing is."""
    if listed := _listed(pins):
        return f"{{requirements: {_quoted(listed)}}}"
    python = any(one.pin.format in _PYTHON for one in pins)
    return "{environment: {python: python}}" if python else ""


def _listed(pins: Iterable[Sighting]) -> str:
    """Name the file of requirements that ships most likely; empty where there is none."""
    listed = [one.pin.file for one in pins if one.pin.format == "requirement"]
    best = sorted(listed, key=lambda one: ("constraints" in one, one.count("/"), one))
    return next(iter(best), "")


def _prepare(pins: Iterable[Sighting]) -> str:
    """Give the line of a shell that installs what the checks need, as far as the pins tell."""
    if listed := _listed(pins):
        return f"python -m pip install --requirement {shlex.quote(listed)}"
    python = any(one.pin.format in _PYTHON for one in pins)
    return "python -m pip install ." if python else "true # nothing yet"


def _stages(name: str, tests: str, *, scans: bool) -> Iterator[str]:
    yield "stages:"
    if scans:
        yield "  preflight:"
        yield "    - area: Collect safety baseline"
        yield "      uses: advisories"
        yield "      with: {scan: before}"
        yield "      expect: Recorded, as what the upgrade will be compared with."
        yield ""
    yield "  verification:"
    if tests:
        yield "    - area: Tests"
        yield "      uses: pytest"
        yield f"      with: {{args: [{_quoted(tests)}, -q], min_tests: 1}}"
        yield "      expect: Pass with the new version."
    if scans:
        yield "    - area: Regression safety scan"
        yield "      uses: advisories"
        yield "      with: {scan: after}"
        yield "      expect: No known vulnerability in the release."
    yield "    - area: Smoke test"
    yield f"      uses: ./checks/{name}-smoke.yaml"
    yield "      expect: What runs is the version of the release."
