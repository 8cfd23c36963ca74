"""Exported files, which are written completely or not at all."""

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
    """Yield a temporary path in a file's folder, which is renamed to the file on success.

    Leftovers of killed processes of this machine are removed first.
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
    if os.name == "nt":  # where the query itself would end the process
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return int(process) == os.getpid()
