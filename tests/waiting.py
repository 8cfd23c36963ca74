"""Waiting for a condition on machines of any speed: the limit only ends what would never come."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["PATIENCE_SECONDS", "await_that"]

PATIENCE_SECONDS = 300.0


def await_that(condition: Callable[[], bool], pause_seconds: float = 0.05) -> None:
    """Return as soon as the condition holds; fail if it does not within `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(pause_seconds)
