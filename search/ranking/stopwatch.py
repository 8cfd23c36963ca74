"""How long the stages of a search take, and when its budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from search.result import STAGES

__all__ = ["BLOCK", "Stopwatch", "blocks_in_time"]

BLOCK = 25
"""Candidates that are re-ranked between two checks of the clock."""

Clock = Callable[[], float]


class Stopwatch:
    """Measures milliseconds by stage since its creation.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._started = clock()
        self._stages = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Add the time of a block to a stage."""
        started = self._clock()
        try:
            yield
        finally:
            self._stages[name] += 1000 * (self._clock() - started)

    def elapsed_ms(self) -> float:
        """Return the time since its creation."""
        return 1000 * (self._clock() - self._started)

    def took_ms(self) -> dict[str, float]:
        """Return the stages, and `total`, which exceeds their sum."""
        return {**self._stages, "total": self.elapsed_ms()}


def blocks_in_time(count: int, budget_ms: float | None, watch: Stopwatch) -> Iterator[slice]:
    """Yield the blocks of `count` candidates that fit into a budget, one after another.

    A block starts only if the slowest one so far would still fit into the budget; the first, of
    which nothing is known, always starts. Without a budget there is one block of all candidates.

    Args:
        count: number of candidates.
        budget_ms: milliseconds from the watch's start; None for no limit.
        watch: started with the search.
    """
    size = count if budget_ms is None else BLOCK
    slowest = 0.0
    for start in range(0, count, max(size, 1)):
        began = watch.elapsed_ms()
        if start and budget_ms is not None and began + slowest > budget_ms:
            return
        yield slice(start, min(start + size, count))
        slowest = max(slowest, watch.elapsed_ms() - began)
