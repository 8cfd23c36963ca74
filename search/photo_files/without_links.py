"""Files opened by exactly the path that was checked, even if its folders are exchanged meanwhile.

A path with all links resolved can be checked to be in a folder. Before it is opened, one of its
folders may become a link to somewhere else; so it is opened part by part, each without following
links, and what was checked is what is opened.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["folder_without_links", "open_without_links"]

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
PASSED = NO_LINK | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", 0)
"""Folders on the way need not be readable, only searchable, if the system distinguishes these."""

READ = os.O_RDONLY | NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Follow no link that took its place in the meantime, and wait for no pipe without a writer."""

BY_PARTS = os.open in os.supports_dir_fd and bool(NO_LINK)


def open_without_links(path: str) -> int:
    """Open a file for reading and return its descriptor, which the caller closes.

    Args:
        path: an absolute path, without links when it was checked.

    Raises:
        OSError: it does not exist, or one of its parts has become a link.
    """
    if not BY_PARTS:
        return _checked(os.open(path, READ), path)
    with folder_without_links(os.path.dirname(path)) as folder:
        return os.open(os.path.basename(path), READ, dir_fd=folder)


@contextmanager
def folder_without_links(path: str) -> Generator[int]:
    """Return the descriptor of an open folder, for names in it; as `open_without_links`."""
    first, *others = Path(path).parts
    number = os.open(first, PASSED & ~NO_LINK)
    try:
        for name in others:
            inner = os.open(name, PASSED, dir_fd=number)
            os.close(number)
            number = inner
        yield number
    finally:
        os.close(number)


def _checked(number: int, path: str) -> int:
    """Check that a path still is the opened file, where paths cannot be opened part by part."""
    try:
        if os.path.realpath(path) == path and os.path.samestat(os.fstat(number), os.stat(path)):
            return number
        raise OSError(f"{path} became another file while it was being opened")
    except OSError:
        os.close(number)
        raise
