"""How many files this process may have open, connections among them."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["open_files_allowed"]

WANTED = 4096
WHERE_NOBODY_SAYS = 512
"""On Windows, which has no such limit for a process but one for what asyncio waits for."""


def open_files_allowed() -> int:
    """Ask the system for as many as a busy server needs, and give what it allows."""
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
