"""``runner bundle`` and ``runner verify`` on the dossier of a red run."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from support.command import runner

PLAYBOOK = """\
release: {package: demo, version: "1.0"}
stages: {verification: [{area: Good, run: ["true"]}, {area: Bad, run: ["false"]}]}
"""


def test_a_red_run_is_sealed_and_verified(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo_release.yaml").write_text(PLAYBOOK)
    none = runner("bundle", cwd=tmp_path)
    assert (none.returncode, "there is no dossier" in none.stderr) == (2, True)
    assert not (tmp_path / "analysis_outputs").exists()
    assert runner("validate", cwd=tmp_path).returncode == 1

    done = runner("bundle", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    bundle = tmp_path / json.loads(done.stdout)["bundle"]
    before = bundle.read_bytes()
    assert runner("bundle", cwd=tmp_path).stdout.startswith("sealed analysis_outputs/demo-1.0-1.0-")
    assert bundle.read_bytes() == before
    good = runner("verify", str(bundle), "--json", cwd=tmp_path)
    assert (good.returncode, json.loads(good.stdout)["holds"]) == (0, True)
    bundle.write_bytes(before[:-1])
    bad = runner("verify", str(bundle), cwd=tmp_path)
    assert bad.returncode == 1
    assert "DOES NOT HOLD" in bad.stdout
    assert runner("verify", "nothing", cwd=tmp_path).returncode == 2
    schema = json.loads(runner("schema", "bundle", cwd=tmp_path).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
