"""The clock of a search: stages add up, and a budget stops before it is spent."""

from __future__ import annotations

from search.ranking.stopwatch import BLOCK, Stopwatch, blocks_in_time


class Clock:
    """A clock that is advanced by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(count: int, budget_ms: float | None, cost_ms: list[float], spent_ms: float = 0) -> int:
    """Return how many candidates are processed, given the cost of each block."""
    clock = Clock()
    watch = Stopwatch(clock)
    clock.now += spent_ms / 1000
    costs, seen = iter(cost_ms), 0
    for block in blocks_in_time(count, budget_ms, watch):
        clock.now += next(costs) / 1000
        seen = block.stop
    return seen


def test_stages_add_up_and_total_is_all() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    for seconds in (1.0, 0.5):
        with watch.stage("encode"):
            clock.now += seconds
    clock.now += 0.25
    took = watch.took_ms()
    assert (took["encode"], took["rerank"], took["total"]) == (1500, 0, 1750)


def test_without_a_budget_there_is_one_block() -> None:
    assert list(blocks_in_time(100, None, Stopwatch())) == [slice(0, 100)]
    assert list(blocks_in_time(0, None, Stopwatch())) == []
    assert list(blocks_in_time(0, 5, Stopwatch())) == []


def test_it_stops_before_the_budget_and_not_after() -> None:
    # 10 ms each: the third would end after 30 ms
    assert taken(4 * BLOCK, 29, [10, 10, 10, 10]) == 2 * BLOCK
    assert taken(4 * BLOCK, 31, [10, 10, 10, 10]) == 3 * BLOCK


def test_what_came_before_counts() -> None:
    assert taken(4 * BLOCK, 31, [10, 10, 10, 10], spent_ms=15) == BLOCK


def test_the_slowest_block_is_what_the_next_is_expected_to_take() -> None:
    assert taken(4 * BLOCK, 31, [15, 5, 5, 5]) == 2 * BLOCK


def test_the_first_block_always_has_its_turn() -> None:
    assert taken(4 * BLOCK, 1, [10, 10], spent_ms=100) == BLOCK


def test_the_last_block_may_be_smaller() -> None:
    assert taken(BLOCK + 3, 1000, [1, 1]) == BLOCK + 3
