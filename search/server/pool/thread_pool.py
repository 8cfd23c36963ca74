"""A thread pool with a bounded queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_all
from typing import Any, TypeVar

from search.server.wire.http_errors import Refused

__all__ = ["BoundedThreads"]

T = TypeVar("T")


class BoundedThreads:
    """Runs blocking work off the event loop.

    Args:
        name: name of the work, in the singular.
        size: number of threads.
        waiting: length of the queue.
        seconds: time limit after which the caller is told that it took too long; the work itself
            continues, since a thread cannot be stopped, and counts until it ends.
    """

    def __init__(self, name: str, size: int, waiting: int, seconds: float) -> None:
        self._name = name
        self._most = size + waiting
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(size, name)
        self._running: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._changed: Callable[[int], object] = lambda busy: None

    def watch(self, changed: Callable[[int], object]) -> None:
        """Call a function with each new value of `busy`."""
        self._changed = changed

    @property
    def busy(self) -> int:
        """The amount of work in progress or waiting."""
        return len(self._running)

    async def run(self, work: Callable[[], T]) -> T:
        """Return the result of a piece of work.

        Raises:
            Refused: the queue is full, the work takes too long, or the server is stopping.
        """
        if self.busy >= self._most:
            raise Refused(
                503, (f"too many requests are waiting for a {self._name}; try again"), retry=1
            )
        try:
            future = self._threads.submit(work)
        except RuntimeError:
            raise Refused(503, "the server is stopping", retry=5) from None
        with self._lock:
            self._running.add(future)
            self._changed(len(self._running))
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            reason = f"a {self._name} took longer than {self._seconds:g} seconds"
            raise Refused(503, reason, retry=5) from None

    def close(self, seconds: float) -> bool:
        """Accept no more work; return whether all started work has ended within `seconds`."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            running = set(self._running)
        return not wait_for_all(running, timeout=seconds).not_done

    def _done(self, future: Future[Any]) -> None:
        with self._lock:
            self._running.discard(future)
            self._changed(len(self._running))
