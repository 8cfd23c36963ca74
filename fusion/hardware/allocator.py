"""The C library's memory allocator, set for training."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

# glibc's mallopt(3).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
PAD_BYTES = 512 * 1024 * 1024


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next allocation; do nothing with other C libraries.

    By default it returns every large block to the system at once and gets it back a moment later,
    page by page. On a CPU this took more than half the time of a training step.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_TOP_PAD, PAD_BYTES)):
        mallopt(option, value)
