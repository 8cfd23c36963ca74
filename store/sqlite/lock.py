"""One writer at a time: a lock on a file in the index's folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import IndexBusy, IndexNotWritable

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["WriterLock"]

LOCK_NAME = "writer.lock"


class WriterLock:
    """Held from the first write to an index until it is closed.

    The system releases it when a process ends, however it ends, so no clean-up is needed.

    Args:
        folder: the index's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _lock(self) -> BaseFileLock:
        from filelock import FileLock  # imported here, since a search never writes

        # Not per thread: an index may be closed in another thread than it was written in.
        return FileLock(self._folder / LOCK_NAME, thread_local=False)

    @property
    def is_held(self) -> bool:
        """Whether this writer holds it."""
        return "_lock" in self.__dict__ and bool(self._lock.is_locked)

    def acquire(self) -> None:
        """Acquire it; does nothing if it is already held.

        Raises:
            IndexBusy: another process, or another `Index` in this one, has it.
            IndexNotWritable: the folder cannot be written.
        """
        from filelock import Timeout

        if self.is_held:
            return
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise IndexBusy(
                f"another process is writing to {self._folder} and holds {LOCK_NAME} in it: wait "
                "until it ends, or stop it (nothing is lost); searches still work meanwhile"
            ) from error
        except OSError as error:
            raise IndexNotWritable(
                f"{self._folder / LOCK_NAME} cannot be written: {error.strerror or error}"
            ) from error

    def try_acquire(self) -> bool:
        """Acquire it if it is free and can be written; return whether it is held now."""
        try:
            self.acquire()
        except IndexNotWritable:
            return False
        return True

    def release(self) -> None:
        """Release it; releasing twice is harmless."""
        if self.is_held:
            self._lock.release(force=True)
