"""A thread for the work of one index, which is not waited for when the program ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

__all__ = ["Hand"]

T = TypeVar("T")


class Hand:
    """A thread that does one piece of work after the other.

    No pool of the library's, since Python would wait in the end for a thread that hangs.
    """

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.last: Future[Any] | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Have work done after all before it."""
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
        """Whether all it was given has ended."""
        return self.last is None or self.last.done()

    def end(self) -> None:
        """Let the thread go after what it has to do."""
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
