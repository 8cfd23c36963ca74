"""Files that are there whole or not at all, also after the power failed."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["TEMPORARY", "written_safely"]

TEMPORARY = ".tmp"
"""How the names end of files that are being written, or were when their writer was killed."""


@contextmanager
def written_safely(final: Path) -> Generator[Path]:
    """Give a temporary name; what is written there is synced, and gets its name, if all went well.

    Several processes, on several machines, may write the same file: the last one counts.
    """
    temporary = final.with_name(f"{final.name}.{os.urandom(6).hex()}{TEMPORARY}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(final)
        _sync(final.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folder for this
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
