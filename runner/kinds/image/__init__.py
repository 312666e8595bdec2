"""``image``: a container image that is there, is the release's, and answers."""

from runner.kinds.image.kind import IMAGE

__all__ = ["IMAGE"]
