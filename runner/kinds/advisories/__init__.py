"""``advisories``: scan what ships before and after an upgrade, compare, and gate by policy."""

from runner.kinds.advisories.kind import ADVISORIES

__all__ = ["ADVISORIES"]
