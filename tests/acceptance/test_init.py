"""``runner init`` in repositories of different shapes: the result lints clean and is in sync."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from support.command import BIN, runner
from support.systems import want

ROOT = Path(__file__).resolve().parents[2]
DJANGO = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = [\n'
    '  "Django[argon2]==5.1.1",  # the framework\n  "psycopg>=3",\n]\n',
    "tests/test_shop.py": "def test_it():\n    pass\n",
    "SECURITY.md": "| Part | Version |\n|------|---------|\n| Django | 5.1.1 |\n",
    "docs/notes.md": "We use Django 5.1.1 here.\n",
}
AIRFLOW = {
    "requirements.txt": "apache-airflow[postgres]==2.9.3\npandas==2.2.2\n",
    "constraints-3.11.txt": "apache-airflow==2.9.3\nattrs==23.2.0\n",
    "old/requirements.txt": "apache-airflow==2.7.0\n",
    "Dockerfile": "ARG AIRFLOW_VERSION=2.9.3\nFROM apache/airflow:2.9.3-python3.11\n",
    "docker-compose.yaml": "services:\n  web:\n    image: apache/airflow:2.9.3-python3.11\n"
    "  db:\n    image: postgres:16.3\n",
    "infra/main.tf": 'variable "airflow_version" {\n  default = "2.9.3"\n}\n',
}
HELM = {
    "chart/Chart.yaml": "apiVersion: v2\nname: mlflow\nversion: 0.4.2\nappVersion: 3.6.0\n",
    "chart/values.yaml": "replicas: 1\nimage:\n  repository: registry/team/mlflow\n"
    '  tag: "v3.6.0"  # with the chart\nsidecar:\n  repository: other\n  tag: v3.6.0\n',
    "chart/templates/web.yaml": "image: {{ .Values.image.repository }}\n",
    "k8s/web.yaml": "spec:\n  containers:\n    - name: web\n      image: team/mlflow:v3.6.0\n",
    "package.json": '{"name": "ui", "dependencies": {"mlflow": "^3.6.0"}}\n',
}
PINS = {
    "django": {
        ("pyproject.toml", "pyproject", "django"),
        ("SECURITY.md", "table_row", "Django"),
    },
    "apache-airflow": {
        ("requirements.txt", "requirement", "apache-airflow"),
        ("constraints-3.11.txt", "requirement", "apache-airflow"),
        ("Dockerfile", "docker_arg", "AIRFLOW_VERSION"),
        ("Dockerfile", "docker_from", "apache/airflow"),
        ("docker-compose.yaml", "yaml_path", "services.web.image"),
        ("infra/main.tf", "terraform", "airflow_version"),
    },
    "mlflow": {
        ("chart/Chart.yaml", "yaml_path", "appVersion"),
        ("chart/values.yaml", "yaml_path", "image.tag"),
        ("k8s/web.yaml", "yaml_path", "spec.containers[name=web].image"),
        ("package.json", "json_path", "dependencies.mlflow"),
    },
}


def make(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def tree(folder: Path) -> dict[str, str]:
    found = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_text() for one in found}


@pytest.mark.parametrize(
    ("package", "files", "version", "newer"),
    [
        ("django", DJANGO, "5.1.1", "5.2.3"),
        ("apache-airflow", AIRFLOW, "2.9.3", "2.10.1"),
        ("mlflow", HELM, "3.6.0", "3.17.2"),
    ],
)
def test_what_is_written_lints_clean_and_is_in_sync(
    tmp_path: Path, package: str, files: Mapping[str, str], version: str, newer: str
) -> None:
    make(tmp_path, files)

    done = runner("init", "--package", package, "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["version"], told["written"]) == (version, True)
    known = ("file", "line")
    pins = {(one["file"], *(pair for key, value in one.items() if key not in known
                            for pair in (key, value))) for one in told["pins"]}  # fmt: skip
    assert pins == PINS[package]
    assert told["files"] == [
        f"config/{package}_release.yaml", f"checks/{package}-smoke.yaml",
        "config/waivers.yaml", ".github/workflows/release-validation.yml",
    ]  # fmt: skip
    lint = runner("lint", cwd=tmp_path)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    plan = runner("plan", "verification", cwd=tmp_path)
    assert plan.returncode == 0, plan.stderr
    status = runner("status", "--check", cwd=tmp_path)
    assert status.returncode == 0, status.stdout
    assert {path: tree(tmp_path)[path] for path in files} == files
    bumped = runner("bump", "--version", newer, cwd=tmp_path)
    assert bumped.returncode == 0, bumped.stderr
    assert runner("status", "--check", cwd=tmp_path).returncode == 0
    changed = {file for file, _, _ in PINS[package]}
    after = tree(tmp_path)
    assert {path for path in files if after[path] != files[path]} == changed
    assert all(newer in after[path] for path in changed)


def test_other_versions_are_told_and_not_pinned(tmp_path: Path) -> None:
    make(tmp_path, AIRFLOW)
    done = runner("init", "--package", "Apache_Airflow", cwd=tmp_path)
    assert "  not pinned: old/requirements.txt:1 holds 2.7.0\n" in done.stdout
    playbook = (tmp_path / "config" / "apache-airflow_release.yaml").read_text()
    assert "# old/requirements.txt:1 holds 2.7.0" in playbook
    assert 'subject: {requirements: "requirements.txt"}' in playbook


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    done = runner("init", "--package", "django", "--dry-run", cwd=tmp_path)
    assert "would write config/django_release.yaml\n" in done.stdout
    assert '      version: "5.1.1"\n' in done.stdout
    assert tree(tmp_path) == DJANGO


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    make(tmp_path, {**DJANGO, "config/waivers.yaml": "waivers: []\n"})
    assert (
        "kept config/waivers.yaml\n" in runner("init", "--package", "django", cwd=tmp_path).stdout
    )
    before = tree(tmp_path)
    again = runner("init", "--package", "django", cwd=tmp_path)
    assert again.returncode == 2
    assert "config/django_release.yaml, checks/django-smoke.yaml: exists already" in again.stderr
    assert tree(tmp_path) == before


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path / "repo", DJANGO)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repo" / "config").symlink_to(tmp_path / "elsewhere")
    done = runner("init", "--package", "django", cwd=tmp_path / "repo")
    assert done.returncode == 2
    assert "leads out of the repository" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_without_a_package_those_that_are_pinned_are_named(tmp_path: Path) -> None:
    make(tmp_path, AIRFLOW)
    done = runner("init", cwd=tmp_path)
    assert done.returncode == 2
    assert "which package?: apache-airflow 2.9.3, attrs 23.2.0, pandas 2.2.2" in done.stderr


def test_a_range_is_no_pin(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    done = runner("init", "--package", "psycopg", cwd=tmp_path)
    assert done.returncode == 2
    assert "no file pins psycopg to one version: pyproject.toml:6: psycopg is not" in done.stderr


WORKFLOW = ".github/workflows/release-validation.yml"
ACTION = "example/upgrade-runner@0123456789abcdef0123456789abcdef01234567"


def test_the_workflow_has_no_more_rights_than_it_needs(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    done = runner("init", "--package", "django", "--action", ACTION, cwd=tmp_path)
    assert "next: put the home" not in done.stdout
    workflow = yaml.safe_load((tmp_path / WORKFLOW).read_text())
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["validate"]
    ours = yaml.safe_load((ROOT / WORKFLOW).read_text())["jobs"]["validate"]
    assert job["permissions"] == ours["permissions"]
    used = [one["uses"] for one in job["steps"] if "uses" in one]
    assert all(len(one.partition("@")[2]) == 40 for one in used)
    assert used[-1] == ACTION.replace("@", "/.github/actions/validate@")
    inputs = yaml.safe_load((ROOT / ".github/actions/validate/action.yml").read_text())["inputs"]
    assert set(job["steps"][-1]["with"]) <= set(inputs)
    assert job["steps"][-1]["with"]["prepare"] == "python -m pip install .\n"


@pytest.mark.parametrize(
    ("package", "files", "line"),
    [
        ("apache-airflow", AIRFLOW, "python -m pip install --requirement requirements.txt"),
        ("redis", {"Dockerfile": "ARG REDIS_VERSION=7.2.4\n"}, "true # nothing yet"),
    ],
)
def test_the_workflow_installs_what_the_pins_tell_of(
    tmp_path: Path, package: str, files: Mapping[str, str], line: str
) -> None:
    make(tmp_path, files)
    done = runner("init", "--package", package, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    workflow = yaml.safe_load((tmp_path / WORKFLOW).read_text())
    assert workflow["jobs"]["validate"]["steps"][-1]["with"]["prepare"] == f"{line}\n"


def test_the_workflow_is_one_to_its_readers(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    runner("init", "--package", "django", "--action", ACTION, cwd=tmp_path)
    file = tmp_path / WORKFLOW
    zizmor = (BIN / "zizmor", "--offline", "--persona=auditor", "--no-progress", file)
    found = subprocess.run(zizmor, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    schema = (BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", file)
    checked = subprocess.run(schema, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(shutil.which("npm") is None, reason=want("there is no npm, for the parser"))
def test_the_workflow_is_one_to_the_parser_of_github(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    runner("init", "--package", "django", "--action", ACTION, cwd=tmp_path)
    words = ("make", "parse-workflows", f"WORKFLOWS={tmp_path / WORKFLOW}", "ACTIONS=")
    parsed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, parsed.stdout + parsed.stderr


def test_without_a_home_of_the_action_there_is_something_to_do(tmp_path: Path) -> None:
    make(tmp_path, DJANGO)
    done = runner("init", "--package", "django", cwd=tmp_path)
    assert "next: put the home and a commit of the action into .github/workflows/" in done.stdout
    assert (
        "uses: OWNER/upgrade-runner/.github/actions/validate@COMMIT\n"
        in (tmp_path / WORKFLOW).read_text()
    )


@pytest.mark.parametrize("action", ["", "x", "a/b", "a/b@", "a/b@c d", "a/b@c\n  run: x", "@x"])
def test_what_is_no_action_is_refused(tmp_path: Path, action: str) -> None:
    make(tmp_path, DJANGO)
    done = runner("init", "--package", "django", "--action", action, cwd=tmp_path)
    assert done.returncode == 2
    assert "is not OWNER/REPO@REF" in done.stderr
    assert tree(tmp_path) == DJANGO
