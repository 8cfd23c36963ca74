"""Answers of which every part is of the same state of an index, whoever writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

__all__ = ["OneState"]

T = TypeVar("T")


class OneState:
    """What can be read in snapshots; a base of the indexes that lie in one place."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read all of a block from one state; to be defined."""
        raise NotImplementedError

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return what a piece of work gives that is done within a snapshot."""
        with self.snapshot():
            return work()
