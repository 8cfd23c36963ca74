"""Members that cannot be read: how that is signalled, and how answers go on without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from store.errors import IndexUnavailable
from store.one_state import OneState

__all__ = ["BegunAnew", "MemberLost", "again"]

T = TypeVar("T")


class MemberLost(IndexUnavailable):
    """An index was lost in the middle of an answer, which has to start again."""


def again(work: Callable[[], T]) -> T:
    """Return the result of work, which is repeated without the lost index each time one is lost."""
    while True:
        try:
            return work()
        except MemberLost:
            continue


class BegunAnew(OneState):
    """A base for several indexes, some of which may be lost during an answer."""

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return the result of work within a snapshot, restarted for each lost index."""
        return again(lambda: super(BegunAnew, self).answer_of_one_state(work))
