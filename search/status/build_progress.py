"""How far a run of `crossgraph index` is: a small file in the index, for whoever watches."""

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
        done: photos dealt with.
        total: photos to do; None while nobody knows.
        rate_per_second: photos a second since the run began.
        started: when that was, seconds since 1970.
        pid: of the process.
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
    """A context manager that keeps the file while a run goes on, and removes it at its end.

    It is for watching alone: where it cannot be written, the run goes on without it.

    Args:
        folder: the index, which need not be there yet.
        clock: gives seconds.
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
        """Say how far it is; written once a second at most."""
        if self._clock() - self._written >= SECONDS_BETWEEN:
            self._write(done, total)

    def _is_free(self) -> bool:
        """Whether no other run has it, such as the one because of which this was refused."""
        other = read_building(self._path.parent)
        return other is None or other.pid == os.getpid()

    def _write(self, done: int, total: int | None) -> None:
        now = self._clock()
        rate = done / (now - self._began) if done and now > self._began else 0.0
        state = Building(done, total, round(rate, 2), self._started, os.getpid())
        partial = self._path.with_suffix(".partial")
        with suppress(OSError):  # such as that the folder is not there before the first batch
            with replaced(self._path, partial):
                partial.write_text(json.dumps(state.to_dict()) + "\n", encoding="utf-8")
            self._written = now


def read_building(folder: Path) -> Building | None:
    """Return the state of the run that is going on; None where none is, such as a killed one."""
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
    if os.name == "nt":  # where the question below would end the process
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:  # another user's
        return True
    except (OSError, OverflowError, ValueError):
        return False
    return pid > 0
