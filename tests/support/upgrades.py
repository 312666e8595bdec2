"""The upgrade of MLflow by this repository's own playbook, on whatever its server runs.

The old release is filled, and its matrix and preflight are green; the bump is made, a server of the
new release is refused where nothing is saved, the database is migrated, and preflight and matrix
are green again on data that is the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from support.command import runner
from support.mlflow import BEFORE, PATIENT, ROOT, program, python
from support.snapshots import Compared, compare

OLD, NEW = "bf29a5ff90ea", "dc11669786a5"
"""Revisions of MLflow 3.6.0 and 3.17.2."""
RELEASE = str(
    yaml.safe_load((ROOT / "config/mlflow_release.yaml").read_text())["release"]["version"]
)
_OWN = (".gitignore", "SECURITY.md", "checks", "config", "deployment", "tests/mlflow")
"""What of this repository is upgraded."""
_HEAD = 2
"""Lines of uv's command in a lock."""
_MAIN, _UNSAVED, AFTER = (f"analysis_outputs/{name}" for name in ("main", "unsaved", "after"))
"""Output folders: of the upgrade, of somebody who has saved nothing, and for a second preflight."""


@dataclass(frozen=True)
class Upgrade:
    """A repository under upgrade, and where its server is."""

    folder: Path
    """A git repository; `copy_repository` makes it."""
    settings: tuple[str, ...]
    """Options of ``runner run``: the profile, and the variables that lead to the server's data."""
    variables: Mapping[str, str]
    """Of the environment, with the login."""
    revision: Callable[[], str]
    """Asks the database."""
    serving: Callable[[], AbstractContextManager[str]]
    """Starts a server of the release that the repository is at, and gives its URL."""

    def carry_out(
        self, size: tuple[int, int] = (500, 50_000), *, matrix_after: bool = True
    ) -> None:
        """Do all of it with so many runs and points; AssertionError where anything is not right."""
        self._begin()
        self._fill(*size)
        self._green("verification", BEFORE)
        self._green("preflight", BEFORE)
        self._saved(*size)
        self._bump_and_migrate()
        self._green("preflight", "", AFTER)
        nothing_lost(compare(self._snapshot(_MAIN), self._snapshot(AFTER)))
        if matrix_after:
            self._green("verification", "")

    def _begin(self) -> None:
        """Take the repository back to the old release, whose findings are accepted."""
        self._bump(BEFORE, ROOT / f".ci/mlflow/{BEFORE}.txt", "--allow-downgrade")
        told = json.loads(self._run("advisories", "mlflow", BEFORE, "--json", version=""))
        waived = {"package": "mlflow", "versions": f"=={BEFORE}", "expires": "2099-01-01"}
        waived |= {"reason": "cleared by the upgrade that is tested here", "owner": "ML Lead"}
        known = [one for one in told["findings"] if _affects(one)]
        assert len(known) == told["totals"][BEFORE]["affected"] > 20
        waivers = {"waivers": [{"id": one["id"], **waived} for one in known]}
        place = self.folder / "config/waivers.yaml"
        place.write_text(yaml.safe_dump(waivers), encoding="utf-8")
        self._commit("Accept what is known of the old release")

    def _fill(self, runs: int, points: int) -> None:
        words = ("--runs", str(runs), "--points", str(points))
        with self.serving() as url:
            code, seeded, errors = program("seed.py", *words, interpreter=python(BEFORE), url=url)
        assert code == 0, errors
        assert (seeded["experiment"], seeded["run"], seeded["metric"]) == (20, runs, points)
        assert self.revision() == OLD

    def _saved(self, runs: int, points: int) -> None:
        """See what the preflight has recorded."""
        assert self.evidence("database-before.json")["revision"] == OLD
        contents = self.evidence("database-backup.json")["contents"]
        assert contents["revision"] == OLD
        rows = {one["name"]: one["rows"] for one in contents["tables"]}
        assert rows["public.runs"] >= runs
        assert rows["public.metrics"] >= points

    def _bump_and_migrate(self) -> None:
        shutil.copy(ROOT / "config/waivers.yaml", self.folder / "config/waivers.yaml")
        self._commit("Nothing of it need be accepted any more")
        self._bump(RELEASE, ROOT / "deployment/mlflow/requirements.txt")

        words = ("run", "verification", "--only", "container-smoke-test")
        self._run(*words, version="", code=3, output=_UNSAVED)
        (refused,) = self.evidence("verification/run.json", _UNSAVED)["results"]
        assert refused["outcome"] == "errored"
        would = f"the server ({RELEASE}) would migrate the database from {OLD} to {NEW}"
        unsaved = "backup not verified: this dossier has the record of none"
        assert f"{would}; {unsaved}" in refused["reason"]
        assert self.revision() == OLD

        self._green("migrate", "")
        assert self.revision() == NEW
        told = [self.evidence(f"database-{when}.json") for when in ("before", "after")]
        assert [one["revision"] for one in told] == [OLD, NEW]

    def _run(self, *words: str, version: str, code: int = 0, output: str = _MAIN) -> str:
        """Run the runner beside a release, and give what it printed."""
        path = f"{python(version).parent}:{Path(sys.executable).parent}:{ROOT}/.venv-uv/bin"
        environment = {**PATIENT, **self.variables, "PATH": f"{path}:/usr/local/bin:/usr/bin:/bin"}
        more: tuple[str, ...] = ()
        if words[0] == "run":
            backups = f"vars.backups={json.dumps(f'{output}/backups')}"
            more = (*self.settings, "--output", output, "--set", backups)
        done = runner(*words, *more, cwd=self.folder, env=environment, limit=1_800)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def _green(self, stage: str, version: str, output: str = _MAIN) -> None:
        """Run a stage, of which every check must pass."""
        self._run("run", stage, version=version, output=output)
        results = self.evidence(f"{stage}/run.json", output)["results"]
        outcomes = {one["check"]: one["outcome"] for one in results}
        assert outcomes
        assert set(outcomes.values()) == {"passed"}, outcomes

    def _snapshot(self, output: str) -> Path:
        return self.folder / output / "backups" / "experiments.jsonl.gz"

    def evidence(self, name: str, output: str = _MAIN) -> Any:  # noqa: ANN401 - JSON
        """Give a document of a dossier: of the upgrade, unless another output folder is named."""
        return json.loads((self.folder / output / "live" / name).read_text(encoding="utf-8"))

    def _bump(self, version: str, lock: Path, *words: str) -> None:
        """Bump the release, and commit that with the lock that its environment here is made of.

        The index may have newer packages by now than when that lock was made. The first lines of a
        lock say how it is made anew.
        """
        self._run("bump", "--version", version, *words, version="")
        place = self.folder / "deployment/mlflow/requirements.txt"
        head = place.read_text(encoding="utf-8").splitlines(keepends=True)[:_HEAD]
        body = lock.read_text(encoding="utf-8").splitlines(keepends=True)[_HEAD:]
        assert f"mlflow=={version} \\\n" in body
        place.write_text("".join([*head, *body]), encoding="utf-8")
        self._commit(f"MLflow {version}")

    def _commit(self, message: str) -> None:
        _git(self.folder, "commit", "--quiet", "--all", "--message", message)


def _affects(finding: dict[str, Any]) -> bool:
    return bool(finding["versions"][BEFORE]["standing"] == "affected")


def nothing_lost(found: Compared) -> None:
    """See that all that was there is there, and what the new server tells beside it."""
    assert found.code == 0, found.errors
    before, after = found.told["before"], found.told["after"]
    came_or_went = {what: found.told[what] for what in ("lost", "changed", "added")}
    assert not any(came_or_went.values()), came_or_went
    assert {kind: one["count"] for kind, one in before.items()} == {
        kind: one["count"] for kind, one in after.items()
    }
    assert found.told["after_as_before"] == before  # counts and checksums, in the same fields
    # A field more is another checksum. The artifact is the one of the matrix whose name the old
    # server can list and not serve.
    gained = found.told["gained"]
    assert gained.keys() == {"artifact", "experiment", "trace"}, gained
    assert gained["artifact"] == {"sha256": 1}, gained
    assert [kind for kind in before if before[kind] != after[kind]] == sorted(gained)


def copy_repository(folder: Path) -> None:
    """Copy what is upgraded, as it is now, into a git repository."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_OWN)
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "As it is")


def no_file_holds(word: str, folder: Path) -> None:
    """See that a word is in no file below a folder, in whatever form."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 100
    for form in {word, quote(word, safe=""), json.dumps(word)[1:-1]}:
        assert [str(path) for path in files if form.encode() in path.read_bytes()] == []


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Tester", "-c", "user.email=tester@example.invalid")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)
