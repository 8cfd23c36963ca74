"""The callback for the progress of long-running work; `store.types.Progress` is the same."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

Progress = Callable[[int, int, str], object]
"""Called with how much is done, how much there is to do, and what is being done."""
