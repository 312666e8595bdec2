from __future__ import annotations

import subprocess
import sys

import pytest

import runner.playbook


def test_everything_exported_is_there() -> None:
    for name in runner.playbook.__all__:
        assert getattr(runner.playbook, name)
    assert callable(runner.playbook.schema)
    assert callable(runner.playbook.discover)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = runner.playbook.nothing


def test_importing_it_is_cheap() -> None:
    code = "import sys, runner.playbook; assert 'yaml' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
