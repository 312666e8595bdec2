"""Which upgrade a dossier is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.engine import upgrade
from runner.engine.dossier import Dossier
from runner.errors import UsageError
from runner.model import Begun, Subject

SUBJECT = Subject("mlflow", "3.17.2", "playbook.yaml", "0" * 64, "", "c0ffee", dirty=False)
KNOWN = {"package": "mlflow", "from": "3.6.0", "begun": "2026-11-27T10:00:00+00:00"}


def dossier(folder: Path, **known: str) -> Dossier:
    made = Dossier(folder)
    made.write(upgrade.NAME, json.dumps(known).encode())
    return made


def test_it_stays_the_one_that_it_was_begun_for(tmp_path: Path) -> None:
    made = dossier(tmp_path, **KNOWN)
    made.write(upgrade.NAME, upgrade.record(made, SUBJECT, {"from": "1", "begun": "2"}))
    assert upgrade.begun(made.live) == Begun(KNOWN["from"], KNOWN["begun"])
    assert json.loads((made.live / upgrade.NAME).read_text())["to"] == "3.17.2"


def test_an_upgrade_of_another_package_begins_anew(tmp_path: Path) -> None:
    made = dossier(tmp_path, **KNOWN)
    made.write(upgrade.NAME, upgrade.record(made, replace(SUBJECT, package="django")))
    begun = upgrade.begun(made.live)
    assert begun.version == "3.17.2"
    assert begun.at > KNOWN["begun"]


def test_the_preflight_of_another_upgrade_is_refused(tmp_path: Path) -> None:
    live = dossier(tmp_path, **KNOWN).live
    told = "is about an upgrade from 3.6.0: the preflight of 3.17.2 begins another one"
    with pytest.raises(UsageError, match=told) as caught:
        upgrade.refuse_another(live, "preflight", SUBJECT)
    assert "--output DIR" in caught.value.hint
    upgrade.refuse_another(live, "verification", SUBJECT)
    upgrade.refuse_another(live, "preflight", replace(SUBJECT, version="3.6.0"))
    upgrade.refuse_another(live, "preflight", replace(SUBJECT, package="django"))
    upgrade.refuse_another(tmp_path, "preflight", SUBJECT)
