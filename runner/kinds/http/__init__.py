"""The kind ``http``: one request, and what its answer must be."""

from runner.kinds.http.kind import HTTP

__all__ = ["HTTP"]
