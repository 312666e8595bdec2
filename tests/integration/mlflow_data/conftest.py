"""What the tests of the data of a real MLflow share."""

from __future__ import annotations

from support.tracing import untraced

__all__ = ["untraced"]
