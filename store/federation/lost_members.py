"""Indexes of several that cannot be read: how they are told, and how answers go on without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from store.errors import IndexUnavailable
from store.one_state import OneState

__all__ = ["BegunAnew", "MemberLost", "again"]

T = TypeVar("T")


class MemberLost(IndexUnavailable):
    """An index could not be read any more in the middle of an answer, which is to begin anew."""


def again(work: Callable[[], T]) -> T:
    """Do a piece of work, and anew without an index that was lost, for as often as one is lost."""
    while True:
        try:
            return work()
        except MemberLost:
            continue


class BegunAnew(OneState):
    """What answers go on without: several indexes, of which some may be lost."""

    def answer_of_one_state(self, work: Callable[[], T]) -> T:
        """Return what a piece of work gives within a snapshot, begun anew for each index lost."""
        return again(lambda: super(BegunAnew, self).answer_of_one_state(work))
