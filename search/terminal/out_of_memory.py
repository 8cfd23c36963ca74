"""Errors that mean lack of memory, whichever library raises them."""

from __future__ import annotations

import errno

__all__ = ["OUT_OF_MEMORY", "is_out_of_memory"]

OUT_OF_MEMORY = (
    "there is not enough memory: end other programs, or allow this one more (`ulimit -v`)"
)

_WORDS = (
    "bad_alloc",
    "can't allocate memory",
    "can't start new thread",
    "cannot allocate memory",
    "failed to map segment",
    "unable to allocate",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, is due to lack of memory.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("std::bad_alloc"))
    (True, True)
    >>> is_out_of_memory(RuntimeError("no such file"))
    False
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or getattr(seen, "errno", None) == errno.ENOMEM:
            return True
        if isinstance(seen, (ImportError, OSError, RuntimeError)):
            message = str(seen).lower()
            if any(word in message for word in _WORDS):
                return True
        seen = seen.__cause__ or seen.__context__
    return False
