"""The kinds of subjects, as a playbook names them."""

from __future__ import annotations

import pytest

from runner.advisories.subjects import make_subject
from runner.advisories.subjects.base import Subject
from runner.advisories.subjects.environment import Environment
from runner.advisories.subjects.lock import Lock
from runner.advisories.subjects.requirements import Requirements


@pytest.mark.parametrize(
    ("name", "options", "subject"),
    [
        ("lock", {"file": "a.txt"}, Lock("a.txt", "python")),
        ("requirements", {"file": "a.in", "python": "python3"}, Requirements("a.in", "python3")),
        ("environment", {"python": "p", "lock": "a.txt"}, Environment("p", "a.txt")),
    ],
)
def test_a_subject_is_made_by_its_name(
    name: str, options: dict[str, str], subject: Subject
) -> None:
    assert make_subject(name, options) == subject
