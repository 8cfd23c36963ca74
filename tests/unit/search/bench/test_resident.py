"""Memory as the operating system reports it."""

from __future__ import annotations

import mmap
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from search.bench.bench_errors import BenchError
from search.bench.resident import Samples, memory_now, resident_now

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")


def fresh(count: int) -> NDArray[np.uint8]:
    """Return newly mapped memory: a large array might reuse memory that the process has freed."""
    own = mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    held = np.frombuffer(own, dtype=np.uint8)
    held[:] = 1
    return held


@linux
def test_what_is_held_counts() -> None:
    before = memory_now()
    held = fresh(30_000_000)
    after = memory_now()
    for kind in ("resident", "private", "proportional"):
        assert after[kind] - before[kind] == pytest.approx(held.nbytes, abs=5_000_000)
    assert after["peak"] >= after["resident"] - 5_000_000


@linux
def test_samples_are_taken_meanwhile() -> None:
    with Samples() as samples:
        samples.take()
        samples.done = 5
        held = fresh(20_000_000)
        samples.take()
        samples.done = 6
        del held
    assert samples.growth(0)[1] >= 15_000_000
    assert samples.growth(6)[1] < 5_000_000
    assert resident_now()[0] > 0


def test_nothing_seen_after_so_many_is_told() -> None:
    with pytest.raises(BenchError, match="after 5,000 photos"):
        Samples(rows=[(4_000, 1, 1)]).growth(5_000)
