"""Files that are written completely or not at all, even after a power failure."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["replaced", "sync"]


@contextmanager
def replaced(final: Path, temporary: Path, *, synced: bool = False) -> Generator[Path]:
    """Let a file replace another once it is complete.

    Args:
        final: the file to replace, which need not exist.
        temporary: the file written in this block, in the same folder; it is renamed to `final` on
            success, and removed otherwise.
        synced: whether to wait until everything is on the disk, before and after.
    """
    try:
        yield temporary
        if synced:
            sync(temporary)
        temporary.replace(final)
        if synced:
            sync(final.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open folders for this
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
