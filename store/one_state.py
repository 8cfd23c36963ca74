"""Answers from one snapshot of an index, even if another process writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

__all__ = ["OneState"]

T = TypeVar("T")


class OneState:
    """A base for indexes in one place, which can be read in snapshots."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything in a block from one snapshot; abstract."""
        raise NotImplementedError

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return the result of work that is done within a snapshot."""
        with self.snapshot():
            return work()
