"""A base of three vectors that point east, shorter with each id, and changes on top of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from store.vectors.flat import FlatIndex
from store.vectors.live import LiveVectors

EAST = np.array([1, 0], dtype=np.float32)


def vectors(*lengths: float) -> NDArray[np.float32]:
    return np.array([[length, 0] for length in lengths], dtype=np.float32).reshape(-1, 2)


def stored(_: Sequence[int]) -> NDArray[np.float32]:
    raise AssertionError("an exact base scores by itself")


@pytest.fixture
def live() -> LiveVectors:
    base = FlatIndex(2)
    base.add(np.array([1, 2, 5]), vectors(3, 2, 1))
    return LiveVectors(base, last_id=5)


def found(live: LiveVectors, k: int = 9) -> list[tuple[int, float]]:
    ids, scores = live.search(EAST, k, stored)
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def test_without_changes_it_is_the_base(live: LiveVectors) -> None:
    assert found(live) == [(1, 3), (2, 2), (5, 1)]
    assert (live.pending, live.last_id) == (0, 5)


def test_new_ones_stand_among_the_others_equal_ones_by_id(live: LiveVectors) -> None:
    live.add(np.array([6, 7]), vectors(2, 4))
    assert found(live) == [(7, 4), (1, 3), (2, 2), (6, 2), (5, 1)]
    assert found(live, 3) == [(7, 4), (1, 3), (2, 2)]
    assert (live.pending, live.last_id) == (2, 7)


def test_removed_ones_are_gone_at_once_and_leave_their_place_to_the_next(live: LiveVectors) -> None:
    live.add(np.array([6]), vectors(4))
    live.remove([1, 6, 99])
    assert found(live, 2) == [(2, 2), (5, 1)]


@pytest.mark.parametrize("image_id", [1, 6])
def test_a_replaced_one_counts_as_it_is_now(live: LiveVectors, image_id: int) -> None:
    live.add(np.array([6]), vectors(4))
    for length in (0.5, 0.25):
        live.remove([image_id])
        live.add(np.array([image_id]), vectors(length))
    assert found(live)[-1] == (image_id, 0.25)
    assert len(found(live)) == 4
    assert live.last_id == 6


def test_only_those_that_are_wanted_come_from_both_parts(live: LiveVectors) -> None:
    live.add(np.array([6, 7]), vectors(2, 4))
    live.remove([2])
    ids, scores = live.search(EAST, 9, stored, within=np.array([1, 2, 7, 99]))
    assert (ids.tolist(), scores.tolist()) == ([7, 1], [4, 3])


def test_what_an_approximate_base_finds_is_scored_by_what_is_stored(live: LiveVectors) -> None:
    class Rough(FlatIndex):
        exact = False

    base = Rough(2)
    base.add(np.array([1, 2]), vectors(2, 3))
    rough = LiveVectors(base, last_id=2)
    rough.add(np.array([3]), vectors(5))
    held = {1: 8.0, 2: 4.0}
    ids, scores = rough.search(EAST, 2, lambda ids: vectors(*(held[i] for i in ids)))
    assert (ids.tolist(), scores.tolist()) == ([1, 3], [8, 5])


def test_what_cannot_be_among_the_best_is_not_read() -> None:
    class Rough(FlatIndex):
        exact = False

        def slack(self, query: NDArray[np.float32]) -> float:
            return 0.25

    lengths = np.array([4, 3, 2.5, 2.4, 1], dtype=np.float32)
    base = Rough(2)
    base.add(np.arange(5), vectors(*lengths))
    read: list[int] = []

    def stored(ids: Sequence[int]) -> NDArray[np.float32]:
        read.extend(ids)
        return vectors(*lengths[list(ids)])

    ids, _ = LiveVectors(base, last_id=4).search(EAST, 2, stored)
    assert (ids.tolist(), read) == ([0, 1], [0, 1])
    ids, _ = LiveVectors(base, last_id=4).search(EAST, 3, stored)
    assert (ids.tolist(), read[2:]) == ([0, 1, 2], [0, 1, 2, 3])


def test_more_is_asked_for_while_what_was_not_found_could_be_among_the_best() -> None:
    class Rough(FlatIndex):
        exact = False

        def slack(self, query: NDArray[np.float32]) -> float:
            return 1.0

    base = Rough(2)
    base.add(np.arange(9), vectors(*([2.0] * 8), 1.5))
    true = np.array([1, 1, 1, 1, 1, 1, 1, 3, 2.5], dtype=np.float32)
    ids, scores = LiveVectors(base, last_id=8).search(
        EAST, 1, lambda ids: vectors(*true[list(ids)])
    )
    assert (ids.tolist(), scores.tolist()) == ([7], [3])
