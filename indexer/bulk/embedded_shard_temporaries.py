"""Temporary names of files that several processes may write at once, and what killed ones left."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.whole_file import replaced

__all__ = ["remove_abandoned", "written_safely"]

ABANDONED_SECONDS = 24 * 3600
"""What nobody wrote to for so long has no writer any more, also where clocks are some hours off."""


@contextmanager
def written_safely(final: Path) -> Generator[Path]:
    """Return a temporary name; what is written there is synced and renamed if all went well.

    Several processes, on several machines, may write the same file: the last one counts.
    """
    temporary = final.with_name(f"{final.name}.{os.urandom(6).hex()}.tmp")
    with replaced(final, temporary, synced=True):
        yield temporary


def remove_abandoned(folder: Path, finals: str) -> None:
    """Remove what killed writers left, which is told by that nobody wrote to it for a day.

    Args:
        folder: to look in.
        finals: pattern of the names, as seen from the folder, that were to be written.
    """
    before = time.time() - ABANDONED_SECONDS
    for path in folder.glob(f"{finals}.{'[0-9a-f]' * 12}.tmp"):
        with suppress(OSError):  # another run was faster
            if path.stat().st_mtime < before:
                path.unlink()
