"""Makes the example: a rehearsal of MLflow's upgrade, for real, sealed and signed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.browser import browsing, executable, visit
from support.bundles import unpacked
from support.command import environment
from support.mlflow import program, python, server

from golden.likeness import differences

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
EXAMPLE = ROOT / "reports" / "example"
"""Where the example is kept."""
BEFORE = "3.6.0"
"""What is upgraded from; the upgrade goes to the playbook's release."""
PLAYBOOK = Path("config/mlflow_release.yaml")
"""Which is rehearsed."""
SHOWN = (
    "manifest.json",
    "report.html",
    "rehearsal.json",
    "safety-before.json",
    "safety-after.json",
    "safety-diff.json",
    "after-verification/run.json",
    "after-verification/junit.xml",
    "after-verification/summary.md",
)
"""Files that lie beside the bundle as well, to be looked at; those of a stage lose its name."""
WIDTH, HEIGHT = 1280, 1500
"""Pixels of the picture."""


class MakingError(Exception):
    """An example that could not be made."""


def bundle_in(folder: Path) -> Path:
    """Give the bundle in a folder."""
    found = list(folder.glob("*.tar.gz"))
    if len(found) != 1:
        raise MakingError(f"{len(found)} bundles are in {folder}")
    return found[0]


def files_of(bundle: Path) -> dict[str, bytes]:
    """Give the files of a bundle by their paths in the dossier."""
    return {name.partition("/")[2]: content for name, content in unpacked(bundle).items()}


def told_otherwise(live: Path) -> list[str]:
    """Say in what a dossier differs from the example, times and places apart."""
    made = {p.relative_to(live).as_posix(): p.read_bytes() for p in live.rglob("*") if p.is_file()}
    made.pop(".lock", None)
    kept = files_of(bundle_in(EXAMPLE))
    return differences({name: kept[name] for name in kept if name not in _SEALED}, made)


_SEALED = ("manifest.json", "attestations.intoto.jsonl")
"""What only a bundle has."""


def release() -> str:
    """Give the version that the playbook pins."""
    text = (ROOT / PLAYBOOK).read_text(encoding="utf-8")
    return text.partition("\n  version: ")[2].split()[0]


def rehearsed(folder: Path, *size: str) -> Path:
    """Rehearse the upgrade in a clone of this repository, and give the folder of the evidence.

    The data is what a server of the old version has kept; ``size`` is handed to the seed.
    """
    clone, output, after = folder / "repository", folder / "output", release()
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    # Scanners record where a repository comes from.
    subprocess.run(["git", "-C", clone, "remote", "remove", "origin"], check=True)
    database, artifacts = seeded(folder / "data", size)
    words = ["rehearse", "--from", BEFORE, "--to", after, "--output", str(output)]
    words += ["--set", f"vars.database_url=sqlite:///{database}"]
    words += ["--set", f"vars.artifacts={artifacts}"]
    env = environment(_neutral(folder))
    _run(clone, env, *words, by=folder / "venv" / "bin" / "python")
    made = output / "rehearsals" / f"{BEFORE}-{after}"
    _refuse_names_of_this_machine(made)
    return made


def seeded(folder: Path, size: Sequence[str] = ()) -> tuple[Path, Path]:
    """Fill a server of the old version, and give its database and the folder of its artifacts."""
    folder.mkdir()
    database, artifacts = folder / "mlflow.db", folder / "mlartifacts"
    before = python(BEFORE)
    with server(before, f"sqlite:///{database}", artifacts) as url:
        code, _, said = program("seed.py", *size, interpreter=before, url=url)
    if code:
        raise MakingError(f"nothing to rehearse with: {said}")
    return database, artifacts


def rebuilt(folder: Path) -> Path:
    """Make the reports of the kept example again, and give the folder of the evidence."""
    with tarfile.open(bundle_in(EXAMPLE)) as archive:
        archive.extractall(folder, filter="data")
    (inner,) = folder.iterdir()
    for name in ("manifest.json", "attestations.intoto.jsonl"):
        (inner / name).unlink()
    inner.rename(folder / "live")
    _run(ROOT, environment(), "report", "--output", folder)
    return folder


def keep(made: Path, work: Path) -> None:
    """Seal a dossier, sign it with a key that nobody keeps, and put all into its place."""
    key = work / "key"
    _run(ROOT, environment(), "keygen", key)
    _run(ROOT, environment(), "bundle", "--key", key, "--output", made)
    bundle = bundle_in(made)
    _run(ROOT, environment(), "verify", bundle, "--key", f"{key}.pub")
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    EXAMPLE.mkdir(parents=True)
    shutil.copy(bundle, EXAMPLE)
    shutil.copy(f"{key}.pub", EXAMPLE / "key.pub")
    files = files_of(bundle)
    for name in SHOWN:
        (EXAMPLE / Path(name).name).write_bytes(files[name])
    picture(EXAMPLE / "report.html", EXAMPLE / "report.png")


def picture(page: Path, target: Path) -> None:
    """Take a picture of the beginning of a page."""
    if executable() is None:
        raise MakingError("there is no Chromium for the picture")
    with browsing() as browser:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        visit(context, page).page.screenshot(path=target)


def _neutral(folder: Path) -> Mapping[str, str]:
    """Give what keeps this machine's own names and places out of the evidence."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    tools = folder / "tools"
    tools.mkdir()
    (tools / "uv").symlink_to(ROOT / ".venv-uv" / "bin" / "uv")
    (folder / "venv").symlink_to(sys.prefix)
    (folder / "lib").mkdir()
    (folder / "lib" / "runner").symlink_to(ROOT / "runner")
    # What was made once is used again, but what rehearsals note of themselves is not.
    (folder / "cache" / "upgrade-runner").mkdir(parents=True)
    for name in ("environments", "tools"):
        (caches / "upgrade-runner" / name).mkdir(parents=True, exist_ok=True)
        (folder / "cache" / "upgrade-runner" / name).symlink_to(caches / "upgrade-runner" / name)
    return {
        "PYTHONPATH": str(folder / "lib"),
        "PATH": os.pathsep.join([str(tools), os.environ["PATH"]]),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(caches / "uv")),
        "USER": "ada",
        "LOGNAME": "ada",
    }


def _run(
    folder: Path, env: Mapping[str, str], *words: str | Path, by: str | Path = sys.executable
) -> None:
    """Run a command of the runner; raises MakingError where it does not pass.

    It is that of this work tree, whatever the folder holds.
    """
    done = subprocess.run([by, "-P", "-m", "runner", *words], cwd=folder, env=env, check=False)
    if done.returncode:
        raise MakingError(f"runner {' '.join(map(str, words))} ended with {done.returncode}")


def _refuse_names_of_this_machine(made: Path) -> None:
    private = [str(ROOT).encode(), f"{Path.home()}/".encode()]
    for path in (made / "live").rglob("*"):
        if path.is_file() and any(name in path.read_bytes() for name in private):
            raise MakingError(f"{path} names a place of this machine")
