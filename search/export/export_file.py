"""Exported files, which are there whole or not at all."""

from __future__ import annotations

import os
import platform
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from store.whole_file import replaced

__all__ = ["written_whole"]


@contextmanager
def written_whole(final: Path) -> Iterator[Path]:
    """Return a temporary name beside a file, which gets the file's name where nothing went wrong.

    What a killed process of this machine has left under such a name is taken away before.
    """
    beginning = f".{final.name}.{zlib.crc32(platform.node().encode()):08x}-"
    _clear(final.parent, beginning)
    temporary = final.with_name(f"{beginning}{os.getpid()}.tmp")
    with replaced(final, temporary):
        yield temporary


def _clear(folder: Path, beginning: str) -> None:
    with suppress(OSError):
        for name in os.listdir(folder):
            process = name.removeprefix(beginning).removesuffix(".tmp")
            if name == f"{beginning}{process}.tmp" and process.isdecimal() and _is_gone(process):
                (folder / name).unlink()


def _is_gone(process: str) -> bool:
    if os.name == "nt":  # where asking would end it
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return int(process) == os.getpid()
