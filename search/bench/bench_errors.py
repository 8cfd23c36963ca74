"""The error for figures that cannot be measured."""

from __future__ import annotations

from store import CrossgraphError

__all__ = ["BenchError"]


class BenchError(CrossgraphError):
    """A figure cannot be measured here; the message says why, and what would help."""
