"""A thread for one index's work, which does not delay the program's exit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

__all__ = ["Hand"]

T = TypeVar("T")


class Hand:
    """A thread that runs one piece of work after the other.

    It is not a pool of the standard library, since Python would wait at exit for a hanging thread.
    """

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.last: Future[Any] | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Queue work after all earlier work, and return its future."""
        future: Future[T] = Future()

        def done() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        self.last = future
        self._work.put(done)
        return future

    @property
    def is_idle(self) -> bool:
        """Whether all its work has ended."""
        return self.last is None or self.last.done()

    def end(self) -> None:
        """End the thread after its queued work."""
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
