"""Times of calls and of processes."""

from __future__ import annotations

import sys

import pytest

from search.bench.bench_errors import BenchError
from search.bench.timing import in_turns, process_seconds


def test_calls_come_in_turns_and_warming_up_does_not_count() -> None:
    called: list[str] = []
    taken = in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 3)
    assert called == ["a", "b"] * 4
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3}


def test_a_process_that_fails_is_told_by_its_last_line() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('first\\nwhy it failed')"]
    with pytest.raises(BenchError, match="ended with 1: why it failed"):
        process_seconds(command)


def test_a_process_takes_time() -> None:
    assert process_seconds([sys.executable, "-c", "import time; time.sleep(0.1)"]) > 0.1
