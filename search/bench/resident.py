"""How much memory a process has, as Linux counts it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from search.bench.bench_errors import BenchError

__all__ = ["Samples", "memory_now", "resident_now"]

STATUS, ROLLUP = Path("/proc/self/status"), Path("/proc/self/smaps_rollup")
SECONDS_BETWEEN = 0.02


def memory_now() -> dict[str, int]:
    """Return this process's memory in bytes: resident, peak, private and proportional (PSS).

    Pages of mapped files count as resident once they are read, though the system may take them
    back at any time; private memory is freed only when the process ends. The peak is not
    `ru_maxrss`, which a process inherits from its parent.

    Raises:
        BenchError: the system does not report it.
    """
    status, rollup = _read(STATUS), _read(ROLLUP)
    return {
        "resident": status["VmRSS"],
        "peak": status["VmHWM"],
        "private": rollup["Private_Clean"] + rollup["Private_Dirty"],
        "proportional": rollup["Pss"],
    }


def resident_now() -> tuple[int, int]:
    """Return resident bytes, and how many of them are anonymous (not from a file).

    Raises:
        BenchError: the system does not report it.
    """
    status = _read(STATUS)
    return status["VmRSS"], status["RssAnon"]


def _read(file: Path) -> dict[str, int]:
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise BenchError(f"memory is read from {file}, which only Linux has") from error
    parts = [line.split() for line in lines if line.endswith(" kB")]
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in parts}


@dataclass
class Samples:
    """A context manager that samples this process's memory fifty times a second.

    Attributes:
        done: how much work is done; set by whoever does it.
        rows: work done by then, resident bytes, anonymous bytes.
    """

    done: int = 0
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Samples:
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.take()

    def take(self) -> None:
        """Read the memory now."""
        self.rows.append((self.done, *resident_now()))

    def growth(self, after: int, *, before_end: int | None = None) -> tuple[int, int]:
        """Return the largest growth in bytes since `after`: resident, anonymous.

        Args:
            after: the amount of work done from which growth counts.
            before_end: leave out samples taken once this much, such as all, was done.

        >>> Samples(rows=[(0, 1, 1), (4, 10, 5), (8, 13, 5), (9, 40, 6)]).growth(4)
        (30, 1)
        >>> Samples(rows=[(0, 1, 1), (4, 10, 5), (8, 13, 5), (9, 40, 6)]).growth(4, before_end=9)
        (3, 0)
        """
        seen = [row for row in self.rows if row[0] >= after]
        if before_end is not None:
            seen = [row for row in seen if row[0] < before_end]
        if not seen:
            raise BenchError(f"memory was not sampled after {after:,} photos")
        _, resident, anonymous = seen[0]
        return (
            max(row[1] for row in seen) - resident,
            max(row[2] for row in seen) - anonymous,
        )

    def _sample(self) -> None:
        while not self._ended.is_set():
            self.take()
            time.sleep(SECONDS_BETWEEN)
