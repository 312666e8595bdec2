"""Resolving a candidate together with the rest of the requirements.

The requirement files that the pins name are copied, the candidate is put in, and a resolver is
asked, without installing and without building anything: ``uv`` where it is on the PATH, else pip.
"No" is only what a resolver says itself; that it could not be asked is "unknown".
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import structs

from runner.advisories.sources.base import Door, Ended
from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.lines import read
from runner.advisories.subjects.trees import WorkTree
from runner.advisories.tools import harmless
from runner.errors import RunnerError
from runner.model import Pin, Release
from runner.release.formats import spots_of
from runner.release.spots import apply
from runner.release.values import values_of

Answer: TypeAlias = Literal["yes", "no", "unknown", "not tried"]
"""Whether it resolves."""

_PATIENCE = 300.0
"""Seconds for one resolution; pip takes about 12 for a graph of 90 packages."""
_UV_NO = "No solution found"
"""uv 0.4 to 0.13 begin with it where requirements exclude each other (exit code 1)."""
_PIP_NO = ("ResolutionImpossible", "No matching distribution found")
"""pip 20.3 to 26, also with exit code 1."""
_PIP_BLIND = "(from versions: none)"
"""What pip says of a package of which it saw no version: it has no index, or none in reach."""
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_VERSIONS = re.compile(r"\(from versions: [^)]*\)")
_WORDS = 600


@dataclass(frozen=True)
class Resolution:
    """What a resolver says of one candidate."""

    answer: Answer
    """``unknown`` where no resolver could say, ``not tried`` where none was asked."""
    detail: str = ""
    """Why not, or why it is not known; on one line."""


@dataclass(frozen=True)
class Resolver:
    """Resolves candidates of one release."""

    door: Door
    """Reaches the resolver."""
    release: Release
    """The tracked dependency, as it is now."""
    pins: tuple[Pin, ...]
    """Of the playbook."""
    target: Interpreter
    """The Python that the release runs under."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment in which uv asks pip's index."""

    @property
    def source(self) -> Pin | None:
        """The pin in the requirements that are resolved; None where there is none.

        One that has locks made of it comes first; a lock itself excludes every other version.
        """
        named = [one for one in self.pins if one.format in {"requirement", "pyproject"}]
        made = {lock for one in named for lock in one.locks}
        wishes = [one for one in named if one.file not in made and not self._is_lock(one)]
        return next((one for one in wishes if one.locks), wishes[0] if wishes else None)

    def describe(self) -> str:
        """Say what is resolved and by whom."""
        tool = "uv" if self._uv() else "pip"
        what = self.source.file if self.source else f"{self.release.package} by itself"
        return f"{what}, by {tool} for Python {self.target.full_version}"

    def resolve(self, version: str) -> Resolution:
        """Ask for one version."""
        with tempfile.TemporaryDirectory(prefix="candidate-", dir=self.door.scratch) as folder:
            try:
                told = self._ask(self._laid(Path(folder), version))
                return replace(told, detail=told.detail.replace(f"{folder}/", ""))
            except (RunnerError, OSError) as error:
                said = error.message if isinstance(error, RunnerError) else str(error.strerror)
                return Resolution("unknown", self._shown(said))

    def _is_lock(self, pin: Pin) -> bool:
        try:
            content = WorkTree(self.door.repository).read(pin.file)
        except SubjectError:
            return False
        return b"--hash=" in content

    def _uv(self) -> str:
        return shutil.which("uv", path=self.door.env.get("PATH", "")) or ""

    def _laid(self, folder: Path, version: str) -> Path:
        """Write the requirements with the candidate in them; give the file to resolve."""
        pin = self.source
        if pin is None:
            file = folder / "requirements.in"
            file.write_text(f"{self.release.package}=={version}\n", encoding="utf-8")
            return file
        tree = WorkTree(self.door.repository)
        if pin.format == "requirement":
            contents = dict(read(tree, pin.file).contents)
        else:
            contents = {pin.file: tree.read(pin.file)}
        values = values_of(structs.replace(self.release, version=version))
        for one in self.pins:
            if one.file in contents and one.format == pin.format:
                text = contents[one.file].decode()
                contents[one.file] = apply(text, spots_of(text, one), values).encode()
        for path, content in contents.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder / pin.file

    def _ask(self, file: Path) -> Resolution:
        uv = self._uv()
        if uv:
            return self._judged(self._by_uv(uv, file))
        if file.suffix == ".toml":
            told = f"{file.name} is resolved by uv alone, which is not on the PATH"
            return Resolution("unknown", told)
        return self._judged(self._by_pip(file))

    def _by_uv(self, uv: str, file: Path) -> Ended:
        argv = (
            *(uv, "pip", "compile", "--no-config", "--quiet", "--color", "never"),
            *("--python", self.target.executable, "--only-binary", ":all:", str(file)),
        )
        env = {"UV_PYTHON_DOWNLOADS": "never", **self.variables}
        return self.door.run(argv, env=env, timeout=_PATIENCE)

    def _by_pip(self, file: Path) -> Ended:
        argv = (
            *(self.target.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--no-color", "--dry-run", "--ignore-installed"),
            *("--only-binary", ":all:", "--requirement", str(file)),
        )
        return self.door.run(argv, timeout=_PATIENCE)

    def _judged(self, ended: Ended) -> Resolution:
        if not ended.exit_code:
            return Resolution("yes")
        said = ended.stderr.decode("utf-8", "replace")
        refused = _UV_NO in said or any(word in said for word in _PIP_NO)
        no = ended.exit_code == 1 and refused and _PIP_BLIND not in said
        return Resolution("no" if no else "unknown", self._shown(_words(said)))

    def _shown(self, text: str) -> str:
        """Take the credentials out of a resolver's words."""
        for value in self.variables.values():
            for address in value.replace(",", " ").split():
                if "://" in address:
                    text = text.replace(address, "the index")
        return _CREDENTIALS.sub("//", text)


def _words(said: str) -> str:
    """Give what matters of a resolver's last words, on one line."""
    lines = [harmless(line).strip() for line in said.splitlines()]
    told = [line for line in lines if line and not line.startswith("WARNING:")]
    joined = _VERSIONS.sub("", " ".join(told))
    for opening in ("error: ", f"{_UV_NO} when resolving dependencies", "cause: ", "ERROR: "):
        joined = joined.removeprefix(opening).strip(" :")
    short = joined if len(joined) <= _WORDS else f"{joined[:_WORDS]}…"
    return short or "the resolver gives no reason"
