"""Open indexes, one per working thread, which follow changes of the index on disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from search.server.pool.thread_pool import BoundedThreads
from search.server.settings import Settings
from store import IndexDamaged, IndexNotWritable, ModelMismatch
from store.reader import CATALOG_NAME

__all__ = ["IndexPool"]


class _Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T")
R = TypeVar("R", bound=_Closable)


class IndexPool(Generic[R]):
    """BoundedThreads whose work gets an open index.

    An index that was embedded again with another model is reopened, and so is one whose catalog was
    replaced by another file.

    Args:
        name: name of the threads' work, in the singular.
        settings: the settings, with the folder and the limits.
        open_one: opens the index.
    """

    def __init__(self, name: str, settings: Settings, open_one: Callable[[], R]) -> None:
        self.threads = BoundedThreads(
            name, settings.readers, settings.waiting, settings.answer_seconds
        )
        # Readers of a database, and of several indexes, follow changes by themselves.
        followed = settings.vectors or settings.several
        self._catalog = None if followed else settings.folder / CATALOG_NAME
        self._open = open_one
        # The most recently used comes first: its pages are still in memory.
        self._idle: list[tuple[object, R]] = []
        self._lock = threading.Lock()

    async def run(self, work: Callable[[R], T]) -> T:
        """Return the result of `work`; raises what it, opening and `BoundedThreads.run` raise."""
        return await self.threads.run(lambda: self.do(work))

    def do(self, work: Callable[[R], T]) -> T:
        """Do the same as `run`, in this thread."""
        identity = self._identity()
        reader = self._taken(identity)
        try:
            return self._done(work, identity, reader)
        except ModelMismatch:
            return self._done(work, identity, self._open())

    def close(self, seconds: float) -> bool:
        """Accept no more work and close open indexes; return whether all started work has ended."""
        ended = self.threads.close(seconds)
        with self._lock:
            idle, self._idle = self._idle, []
        for _, reader in idle:
            reader.close()
        return ended

    def _done(self, work: Callable[[R], T], identity: object, reader: R) -> T:
        """Do work with a reader, which is then idle, or closed if it is no longer usable."""
        try:
            result = work(reader)
        except (ModelMismatch, IndexDamaged, IndexNotWritable, OSError):
            reader.close()
            raise
        except BaseException:
            self._give_back(identity, reader)
            raise
        self._give_back(identity, reader)
        return result

    def _taken(self, identity: object) -> R:
        while True:
            with self._lock:
                idle = self._idle.pop() if self._idle else None
            if idle is None:
                return self._open()
            if idle[0] == identity:
                return idle[1]
            idle[1].close()

    def _give_back(self, identity: object, reader: R) -> None:
        with self._lock:
            self._idle.append((identity, reader))

    def _identity(self) -> object:
        if self._catalog is None:
            return None
        try:
            facts = os.stat(self._catalog)
        except OSError:
            return None
        return facts.st_dev, facts.st_ino
