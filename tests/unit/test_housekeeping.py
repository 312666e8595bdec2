"""What the documents and locks say, held against what the program is."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain, pairwise
from pathlib import Path
from typing import cast

import pytest
import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import runner
from runner.cli import main
from runner.errors import ExitCode
from runner.kinds import BUILTIN
from runner.kinds.base import Context, Kind
from runner.model import Outcome
from runner.playbook import load

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(runner.__file__).parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(text: str, *header: str) -> list[tuple[str, ...]]:
    """Give the rows of the Markdown table with this header."""
    lines = iter(text.splitlines())
    assert f"| {' | '.join(header)} |" in lines, f"no table with the columns {header}"
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip() for cell in line.strip("|").split(" | ")))
    return rows


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def exit_code_docstrings() -> Iterator[tuple[str, str, str]]:
    source = (PACKAGE / "errors.py").read_text(encoding="utf-8")
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == "ExitCode")
    for node, following in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            assert isinstance(following, ast.Expr)
            assert isinstance(following.value, ast.Constant)
            yield str(ExitCode[name].value), name.lower(), str(following.value.value)


def test_readme_has_every_exit_code() -> None:
    rows = table(document("README.md"), "code", "name", "meaning")
    assert rows == list(exit_code_docstrings())
    assert len(rows) == len(ExitCode)


def test_readme_has_every_command() -> None:
    help_text = CliRunner().invoke(main, ["--help"], terminal_width=200).output
    listed = help_text.split("Commands:\n", 1)[1].splitlines()
    commands = [re.split(r"  +", line.strip(), maxsplit=1) for line in listed if line.strip()]
    rows = table(document("README.md"), "command", "what it does")
    assert rows == [(f"`runner {name}`", summary) for name, summary in commands]


def test_readme_playbook_is_valid(tmp_path: Path) -> None:
    playbook = tmp_path / "config" / "django_release.yaml"
    playbook.parent.mkdir()
    playbook.write_text(blocks(document("README.md"), "yaml")[0], encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(playbook)])
    assert result.exit_code == ExitCode.PASSED, result.output


def test_lint_reads_every_compose_file() -> None:
    (globs,) = re.findall(
        r"^COMPOSE_FILES := \$\(wildcard (.*)\)$", document("Makefile"), re.MULTILINE
    )
    read = {path for glob in globs.split() for path in ROOT.glob(glob)}
    files = {*ROOT.glob("deployment/**/*.yml"), *ROOT.glob("deployment/**/*.yaml")}
    found = {path for path in files if re.search(r"^services:", path.read_text(), re.MULTILINE)}
    assert len(found) >= 3
    assert found == read


@pytest.mark.parametrize("profile", ["", "rehearsal", "docker", "rehearsal-docker"])
def test_the_preflight_of_mlflow_looks_at_all_that_is_saved(profile: str) -> None:
    book = load(
        ROOT / "config/mlflow_release.yaml", kinds=BUILTIN, profile=profile, environment=None
    )
    checks = {check.id: check for check in book.stages["preflight"]}
    wanted = (
        "release-smoke lock-environment snapshot-experiments database-backup revision-before"
        " artifact-backup collect-safety-baseline"
    )
    assert {*wanted.split()} <= {*checks}
    described = chain.from_iterable(
        one.action.describe() for one in checks["lock-environment"].steps
    )
    assert "--require-installed" in " ".join(described)


def test_the_recipe_for_a_kind_works(tmp_path: Path) -> None:
    code = blocks(document("CONTRIBUTING.md"), "python")[0]
    module = tmp_path / "file_kind.py"
    module.write_text(code, encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        kind = __import__("file_kind").FILE
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["file_kind"]
    assert isinstance(kind, Kind)
    example = yaml.compose(blocks(document("CONTRIBUTING.md"), "yaml")[0])
    assert isinstance(example, yaml.SequenceNode)
    row = {str(key.value): value for key, value in example.value[0].value}
    assert row["uses"].value == kind.name
    action = kind.build(
        kind.parameters.read(row["with"], "with"), kind.expectation.read(row["expect"], "expect")
    )
    assert action.describe() == ("look at the size of deployment/mlflow/requirements.txt",)
    assert action.run(_context(ROOT)).outcome is Outcome.PASSED
    assert action.run(_context(tmp_path)).reason == "size 0, expected at least 1000"


def _context(repository: Path) -> Context:
    return cast(Context, _Repository(repository))


class _Repository:
    """As much of a context as the recipe needs."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository

    def log(self, text: str) -> None:
        assert text.endswith(" bytes\n")


def test_security_table_is_in_step_with_the_playbook() -> None:
    release = yaml.safe_load(document("config/mlflow_release.yaml"))["release"]
    rows = table(document("SECURITY.md"), "Dependency", "Version", "Status")
    assert ("MLflow", release["version"], release["status"]) in rows


def test_every_import_is_a_declared_dependency() -> None:
    project = PYPROJECT["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    distributions = packages_distributions()
    imported = set()
    for path in PACKAGE.rglob("*.py"):
        for name in _imports(ast.parse(path.read_bytes())):
            if name not in sys.stdlib_module_names and name != "runner":
                imported |= {canonicalize_name(dist) for dist in distributions[name]}
    assert imported == declared


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".", 1)[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".", 1)[0]


LOCKS = (
    "tests/requirements.txt",
    "tests/bench/requirements.txt",
    "tests/uv.txt",
    "deployment/runner/requirements.txt",
)


@pytest.mark.parametrize("name", LOCKS)
def test_locks_have_hashes_and_name_no_place(name: str) -> None:
    text = document(name)
    assert "://" not in text
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(("name", "group"), [(LOCKS[0], "dev"), (LOCKS[1], "bench")])
def test_locks_fulfil_the_project(name: str, group: str) -> None:
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", document(name), re.MULTILINE))
    lines = PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"][group]
    for requirement in map(Requirement, lines):
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: {version} is locked"


def test_every_make_target_is_explained() -> None:
    makefile = document("Makefile")
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    explained = re.findall(r"^([a-z-]+):.* ## \S", makefile, re.MULTILINE)
    assert phony == explained


def test_changelog_sections_are_in_order() -> None:
    order = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
    for release in re.split(r"^## ", document("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
        sections = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert sections == [name for name in order if name in sections]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_documents_link_to_files_that_are_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document(name)):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_workflows_pin_actions_and_start_without_permissions() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert workflow["permissions"] == {}, path.name
        for job in workflow["jobs"].values():
            # A job that is a workflow itself has no steps, and is pinned like an action.
            for step in job.get("steps", [job]):
                uses = step.get("uses", "$/")  # an action of this repository is of the same commit
                assert uses.startswith("$/") or re.fullmatch(r"\S+@[0-9a-f]{40}", uses)
