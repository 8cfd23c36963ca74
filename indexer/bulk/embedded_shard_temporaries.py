"""Temporary names for files that several processes may write at once, and removal of leftovers."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.whole_file import replaced

__all__ = ["remove_abandoned", "written_safely"]

ABANDONED_SECONDS = 24 * 3600
"""A file not written to for this long has no writer any more, even if clocks are hours apart."""


@contextmanager
def written_safely(final: Path) -> Generator[Path]:
    """Yield a temporary name; the file written there is synced and renamed on success.

    Several processes, on several machines, may write the same file: the last one wins.
    """
    temporary = final.with_name(f"{final.name}.{os.urandom(6).hex()}.tmp")
    with replaced(final, temporary, synced=True):
        yield temporary


def remove_abandoned(folder: Path, finals: str) -> None:
    """Remove the temporary files of killed writers: those that were not written to for a day.

    Args:
        folder: the folder to search.
        finals: glob pattern, relative to the folder, of the final names of the files.
    """
    before = time.time() - ABANDONED_SECONDS
    for path in folder.glob(f"{finals}.{'[0-9a-f]' * 12}.tmp"):
        with suppress(OSError):  # another run may have removed it
            if path.stat().st_mtime < before:
                path.unlink()
