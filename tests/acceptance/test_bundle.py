"""``runner bundle`` and ``runner verify`` on the dossier of a red run."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import jsonschema
from support.command import runner

from runner.evidence.completeness import ARTEFACTS

ROOT = Path(__file__).resolve().parents[2]
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


def test_complete_names_each_artefact_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo_release.yaml").write_text(PLAYBOOK)
    assert runner("validate", cwd=tmp_path).returncode == 1
    (tmp_path / "analysis_outputs/live/verification/junit.xml").unlink()

    done = runner("bundle", "--complete", cwd=tmp_path)

    assert done.returncode == 1, done.stderr
    told = [line.strip() for line in done.stdout.splitlines()]
    assert [line for line in told if line.startswith("missing")] == [
        f"missing {name}: {one.what}" for name, one in ARTEFACTS.items()
    ]
    assert [line for line in told if line.startswith("hint")] == [
        f"hint: {one.mend}" for one in ARTEFACTS.values()
    ]
    assert next((tmp_path / "analysis_outputs").glob("*.tar.gz")).is_file()
    as_json = runner("bundle", "--complete", "--json", cwd=tmp_path)
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["missing"] == list(ARTEFACTS)
    assert runner("bundle", cwd=tmp_path).returncode == 0


def test_complete_is_content_with_all_seven(tmp_path: Path) -> None:
    """The example's dossier, which lacks the image alone."""
    with tarfile.open(next((ROOT / "reports/example").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (live,) = tmp_path.iterdir()
    for sealed in ("manifest.json", "attestations.intoto.jsonl"):
        (live / sealed).unlink()
    live = live.rename(tmp_path / "live")
    lacking = runner("bundle", "-o", ".", "--complete", "--json", cwd=tmp_path)
    assert (lacking.returncode, json.loads(lacking.stdout)["missing"]) == (1, ["image-digest"])
    image = {"reference": "mlflow:3.17.2", "digest": f"sha256:{'a' * 64}"}
    (live / "image.json").write_text(json.dumps(image))
    done = runner("bundle", "-o", ".", "--complete", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["missing"]) == (0, [])


def test_neither_a_lost_signature_nor_a_broken_journal_goes_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo_release.yaml").write_text(PLAYBOOK)
    assert runner("validate", cwd=tmp_path).returncode == 1
    assert runner("keygen", "key", cwd=tmp_path).returncode == 0
    signed = runner("bundle", "--key", "key", "--json", cwd=tmp_path)
    assert (signed.returncode, json.loads(signed.stdout)["journal"]) == (0, "")
    bundle = tmp_path / json.loads(signed.stdout)["bundle"]
    before = bundle.read_bytes()

    refused = runner("bundle", cwd=tmp_path)

    assert refused.returncode == 2
    assert "is signed, and would be replaced by a bundle that is not" in refused.stderr
    assert bundle.read_bytes() == before
    assert runner("bundle", "--key", "key", cwd=tmp_path).returncode == 0

    journal = tmp_path / "analysis_outputs/live/journal.jsonl"
    first, _, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([first, *rest]))
    (tmp_path / "other").mkdir()
    broken = runner("bundle", "--to", "other", "--json", cwd=tmp_path)
    assert broken.returncode == 0
    assert json.loads(broken.stdout)["journal"] == "line 2 does not follow the line before it"
    assert "journal.jsonl: line 2 does not follow" in broken.stderr
    (other,) = (tmp_path / "other").glob("*.tar.gz")
    assert runner("verify", str(other), cwd=tmp_path).returncode == 1
