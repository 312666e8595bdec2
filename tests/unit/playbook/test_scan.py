from __future__ import annotations

import yaml

from runner.playbook.scan import scan


def test_half_characters_are_found() -> None:
    # libyaml refuses them by itself; the pure Python parser does not.
    node = yaml.ScalarNode("tag:yaml.org,2002:str", "\ud800", yaml.Mark("x", 0, 0, 0, None, 0))
    assert "half a character" in str(scan(node)[0])
