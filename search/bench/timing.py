"""Times, measured alternately, so that other load on the machine affects all of them alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from search.bench.bench_errors import BenchError

__all__ = ["in_turns", "medians", "process_json", "process_seconds", "seconds"]

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def seconds(work: Callable[..., object], *arguments: object, **named: object) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work(*arguments, **named)
    return time.perf_counter() - started


def in_turns(
    works: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: int = 1
) -> dict[str, list[float]]:
    """Return the seconds of each call, `rounds` of each, alternating.

    Args:
        works: what is called, by name.
        rounds: how often.
        warm_up: rounds before those, which do not count.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(-warm_up, rounds):
        for name, work in works.items():
            spent = seconds(work)
            if turn >= 0:
                taken[name].append(spent)
    return taken


def medians(taken: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of each.

    >>> medians({"a": [3, 1, 2], "b": [4, 1]})
    {'a': 2, 'b': 2.5}
    """
    return {name: statistics.median(times) for name, times in taken.items()}


def process_seconds(command: Sequence[str]) -> float:
    """Return how long a process takes from start to end.

    Raises:
        BenchError: it failed.
    """
    return seconds(_run, command)


def process_json(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module of this package in a separate process; return the JSON object it prints last.

    Raises:
        BenchError: it failed.
    """
    command = [sys.executable, "-m", f"search.bench.{module}", *map(str, arguments)]
    output: dict[str, Any] = json.loads(_run(command).splitlines()[-1])
    return output


def _run(command: Sequence[str]) -> str:
    # An installed package has its bytecode, so a process may write that of a checkout too.
    variables = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        shown = lines[-1] if lines else "it printed nothing"
        raise BenchError(f"{' '.join(command[1:4])} ended with {done.returncode}: {shown}")
    return done.stdout
