"""The progress of a run of `crossgraph index`, in a small file in the index for observers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from store.whole_file import replaced

__all__ = ["BUILDING_NAME", "Building", "BuildingFile", "read_building"]

BUILDING_NAME = "building.json"
SECONDS_BETWEEN = 1.0


@dataclass(frozen=True)
class Building:
    """The state of a run.

    Attributes:
        done: photos processed.
        total: photos to do; None while unknown.
        rate_per_second: photos a second since the run began.
        started: when it began, in seconds since 1970.
        pid: the process's id.
    """

    done: int
    total: int | None
    rate_per_second: float
    started: float
    pid: int

    def to_dict(self) -> dict[str, object]:
        """Return its JSON form."""
        return asdict(self)


class BuildingFile:
    """A context manager that writes the file during a run, and removes it at its end.

    It is only for observers: if it cannot be written, the run continues without it.

    Args:
        folder: the index, which need not exist yet.
        clock: returns seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / BUILDING_NAME
        self._clock = clock
        self._began = clock()
        self._started = time.time()
        self._written = -SECONDS_BETWEEN + self._began

    def __enter__(self) -> Self:
        if self._is_free():
            self._write(0, None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_free():
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def update(self, done: int, total: int | None) -> None:
        """Record the progress; written at most once a second."""
        if self._clock() - self._written >= SECONDS_BETWEEN:
            self._write(done, total)

    def _is_free(self) -> bool:
        """Return whether no other run owns it, such as one that locked this run out."""
        other = read_building(self._path.parent)
        return other is None or other.pid == os.getpid()

    def _write(self, done: int, total: int | None) -> None:
        now = self._clock()
        rate = done / (now - self._began) if done and now > self._began else 0.0
        state = Building(done, total, round(rate, 2), self._started, os.getpid())
        partial = self._path.with_suffix(".partial")
        with suppress(OSError):  # such as a folder that does not exist before the first batch
            with replaced(self._path, partial):
                partial.write_text(json.dumps(state.to_dict()) + "\n", encoding="utf-8")
            self._written = now


def read_building(folder: Path) -> Building | None:
    """Return the state of the current run; None if there is none, or it was killed."""
    path = folder / BUILDING_NAME
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        total = record["total"]
        state = Building(
            int(record["done"]),
            None if total is None else int(total),
            float(record["rate_per_second"]),
            float(record["started"]),
            int(record["pid"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if _is_alive(state.pid) else None


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # where the call below would end the process
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:  # it belongs to another user
        return True
    except (OSError, OverflowError, ValueError):
        return False
    return pid > 0
