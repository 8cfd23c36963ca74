"""How many files this process may have open, connections among them."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["open_files_allowed"]

WANTED = 4096
WHERE_NOBODY_SAYS = 512
"""For Windows, which limits not a process's files but what asyncio waits for."""


def open_files_allowed() -> int:
    """Raise the limit as far as a busy server needs, and return what the system allows."""
    try:
        import resource
    except ImportError:
        return WHERE_NOBODY_SAYS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = WANTED if hard == unlimited else min(WANTED, hard)
    if soft != unlimited and soft < wanted:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == unlimited else soft
