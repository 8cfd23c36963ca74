"""Waiting for what will come, however slow the machine is: a limit ends only what never comes."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["PATIENCE_SECONDS", "await_that"]

PATIENCE_SECONDS = 300.0


def await_that(condition: Callable[[], bool], pause_seconds: float = 0.05) -> None:
    """Return as soon as the condition holds; fail where it does not in `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(pause_seconds)
