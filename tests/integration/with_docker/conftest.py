"""What the tests with Docker share."""

from __future__ import annotations

from support.tracing import untraced

__all__ = ["untraced"]
