"""A scaffold is whole, or it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import RunnerError, UsageError
from runner.release.scaffold.writing import refuse_invalid, write


def test_what_was_written_before_a_failure_is_removed(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(RunnerError, match=r"cannot write .*blocked"):
        write(tmp_path, {"a/one": "1", "blocked/two": "2"})
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["blocked"]


def test_a_playbook_that_is_not_valid_is_not_written() -> None:
    with pytest.raises(UsageError, match="no valid playbook can be made"):
        refuse_invalid("config/a_release.yaml", {"config/a_release.yaml": "release: 1\n"})
