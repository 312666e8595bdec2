from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.playbook import discover


def test_discover(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no playbook"):
        discover(tmp_path)
    (tmp_path / "config" / "dir_release.yaml").mkdir(parents=True)
    one = tmp_path / "config" / "a_release.yaml"
    one.touch()
    assert discover(tmp_path) == one
    (tmp_path / "config" / "b_release.yaml").touch()
    with pytest.raises(
        UsageError, match=r"config/a_release\.yaml, config/b_release\.yaml"
    ) as caught:
        discover(tmp_path)
    assert "-p" in caught.value.hint
