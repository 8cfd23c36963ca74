"""One of several indexes that answer as one: its connection, its thread, and its state.

Each has its own thread, so that all are queried at once and a hanging one delays nothing beyond the
time limit. One that cannot be read is left alone for a while, reopened in the background, and takes
part again once that has succeeded.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from typing import TypeVar

from store.catalog.models import Model
from store.errors import CrossgraphError, QueryError
from store.federation.worker_thread import Hand
from store.reader import CATALOG_NAME
from store.searched_index import ServedIndex

__all__ = ["FederationMember", "is_loss"]

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds until a lost index is tried again: twice as long each time."""

T = TypeVar("T")


def is_loss(error: BaseException) -> bool:
    """Return whether an error means that the index cannot be read, not that the request was bad.

    A KeyError is for a requested photo that does not exist.
    """
    asked_badly = isinstance(error, (QueryError, KeyError))
    return isinstance(error, (CrossgraphError, OSError)) and not asked_badly


class _Opened:
    """An open index, in the one thread that works with it."""

    def __init__(self, place: str, reader: ServedIndex) -> None:
        self.reader = reader
        self._place = place
        self._snapshot: AbstractContextManager[None] | None = None
        self._identity = self._identified()

    def enter(self) -> None:
        # An open file stays readable when its folder was moved or replaced by another.
        if self._identified() != self._identity:
            raise FileNotFoundError(f"{self._place} no longer exists, or was replaced by another")
        snapshot = self.reader.snapshot()
        snapshot.__enter__()
        self._snapshot = snapshot

    def leave(self) -> None:
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.__exit__(None, None, None)

    def close(self) -> None:
        with suppress(CrossgraphError, OSError):
            self.leave()
        self.reader.close()

    def _identified(self) -> object:
        """Return the identity of its catalog; None if it is missing or not in a folder."""
        if self.reader.folder is None:
            return None
        try:
            facts = os.stat(self.reader.folder / CATALOG_NAME)
        except OSError:
            return None
        return facts.st_dev, facts.st_ino


class FederationMember:
    """One of the indexes; not thread-safe. Its opening starts at once, in its own thread.

    Args:
        place: its place, without a password.
        open_one: the function that opens it.

    Attributes:
        reason: why it cannot be read, in one line; empty if it can.
        foreign: whether the reason is that it has another model than the others.
        opening: the future of its opening; None if it is not being opened.
    """

    def __init__(self, place: str, open_one: Callable[[], ServedIndex]) -> None:
        self.place = place
        self.reason = f"{place} is still being opened"
        self.foreign = False
        self._open = open_one
        self._hand = Hand(place)
        self._opened: _Opened | None = None
        self._wait = FIRST_WAIT
        self._retry_at = 0.0
        self.opening: Future[ServedIndex] | None = self._hand.do(open_one)

    @property
    def model(self) -> Model | None:
        """The model whose embeddings it has; None if it is not open."""
        return None if self._opened is None else self._opened.reader.model

    def do(self, work: Callable[[ServedIndex], T]) -> Future[T]:
        """Run work on the open index in its thread; raises ValueError if it is not open."""
        reader = self._here().reader
        return self._hand.do(lambda: work(reader))

    def enter(self) -> Future[None]:
        """Begin a snapshot, which lasts until `leave`."""
        return self._hand.do(self._here().enter)

    def leave(self) -> None:
        """End the snapshot after running work, without waiting for it."""
        if self._opened is not None:
            self._hand.do(self._opened.leave)

    def succeeded(self) -> None:
        """Record that a whole answer succeeded: the next loss counts as the first."""
        self._wait = FIRST_WAIT

    def lose(self, reason: str, *, kept: bool = False, foreign: bool = False) -> None:
        """Mark it as lost, and leave it alone for a while.

        Args:
            reason: why it was lost.
            kept: whether it stays open, since its work may still finish.
            foreign: whether it has another model than the others.
        """
        self.foreign = foreign
        self.reason = " ".join(reason.split())
        self._retry_at = time.monotonic() + self._wait
        self._wait = min(LONGEST_WAIT, 2 * self._wait)
        if not kept:
            self._drop()

    def revive(self) -> None:
        """Take part again if possible, without waiting."""
        if not self.reason:
            return
        if self.opening is not None:
            self.take_opened()
        elif time.monotonic() >= self._retry_at and self._hand.is_idle:
            if self._opened is not None:
                self.reason = ""
            else:
                self.opening = self._hand.do(self._open)

    def take_opened(self) -> None:
        """Take the result of opening, if it is finished; raises errors that do not mean a loss."""
        if self.opening is None or not self.opening.done():
            return
        opening, self.opening = self.opening, None
        error = opening.exception()
        if error is None:
            self._opened, self.reason = _Opened(self.place, opening.result()), ""
        elif is_loss(error):
            self.lose(str(error))
        else:
            raise error

    def close(self) -> Future[None]:
        """Close it, and return a future of that."""
        closing = self._drop()
        self._hand.end()
        return closing

    def _here(self) -> _Opened:
        if self._opened is None:
            raise ValueError(f"{self.place} is not open")
        return self._opened

    def _drop(self) -> Future[None]:
        """Let the thread close the open index, and start another thread."""
        opened, opening, hand = self._opened, self.opening, self._hand
        self._opened, self.opening, self._hand = None, None, Hand(self.place)

        def close() -> None:
            if opened is not None:
                opened.close()
            elif opening is not None and opening.exception() is None:
                opening.result().close()

        closing = hand.do(close)
        hand.end()
        return closing
