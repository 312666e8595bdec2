"""Every command of reports/README.md, run on a real bundle."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from support.command import environment, runner

README = Path(__file__).resolve().parents[2] / "reports" / "README.md"
BOOK = """\
release: {package: demo, version: "1.0"}
stages: {verification: [{area: Good, run: ["true"]}, {area: Bad, run: ["false"]}]}
"""


def script() -> str:
    """Give the commands of all console blocks, their continued lines too."""
    blocks = re.findall(r"^```console\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith(("$ ", ">")) for line in lines)
    return "\n".join(line[2:] for line in lines)


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/demo_release.yaml").write_text(BOOK)
    assert runner("validate", cwd=tmp_path).returncode == 1
    assert runner("keygen", "key", cwd=tmp_path).returncode == 0
    done = runner("bundle", "--key", "key", "--json", cwd=tmp_path)
    return tmp_path / json.loads(done.stdout)["bundle"], tmp_path / "key.pub"


def verified(bundle: Path, key: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script()],
        cwd=folder,
        env=environment({"BUNDLE": str(bundle), "KEY": str(key)}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_works(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    done = verified(*sealed, tmp_path / "there")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "https://in-toto.io/attestation/test-result/v0.1 FAILED\n"


def test_another_key_is_refused(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    runner("keygen", "other", cwd=tmp_path)
    done = verified(sealed[0], tmp_path / "other.pub", tmp_path / "there")
    assert done.returncode == 1
    assert "VerificationError" in done.stderr


def test_a_changed_file_is_noticed(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    bundle, key = sealed
    folder = tmp_path / "changed"
    folder.mkdir()
    subprocess.run(["tar", "-xzf", bundle, "-C", folder], check=True)
    (inner,) = folder.iterdir()
    (inner / "verification/junit.xml").write_text("<testsuites/>")
    again = folder / bundle.name
    subprocess.run(["tar", "-czf", again, "-C", folder, inner.name], check=True)
    done = verified(again, key, tmp_path / "there")
    assert done.returncode == 1
    assert "verification/junit.xml: FAILED" in done.stdout


def test_the_table_has_every_artefact_of_the_tree() -> None:
    """The tree of README.md, whose stage is verification, names no file that is not told of."""
    readme = (README.parents[1] / "README.md").read_text()
    tree = re.search(r"^analysis_outputs/live/\n((?:  .*\n)+)", readme, re.MULTILINE)
    assert tree is not None
    names = re.findall(r"^  (\S+(?:  ?\S+\.\S+)*)", tree[1], re.MULTILINE)
    told = {
        re.sub(r"[<\u2026].*", "", name).replace("verification/", "STAGE/")
        for name in " ".join(names).split()
    }
    rows = re.findall(r"^\| (`.*?) \| ", README.read_text(), re.MULTILINE)
    table = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert len(told) > 15
    assert told - table == set()
