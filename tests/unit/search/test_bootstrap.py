"""Paired intervals: by hand where every draw can be listed, and against drawing one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from search.bootstrap import paired_interval


def made(photos: int, gain: float, seed: int) -> tuple[NDArray[np.bool_], ...]:
    rng = np.random.default_rng(seed)
    against = rng.random(5 * photos) < 0.3
    return against | (rng.random(5 * photos) < gain), against


def test_two_photos_by_hand() -> None:
    # Photo 7 has one query, which only the first model answers; photo 9 has three that both answer.
    hits, against = np.array([1, 1, 1, 1], bool), np.array([0, 1, 1, 1], bool)
    found = paired_interval(hits, against, np.array([7, 9, 9, 9]), level=0.4)
    assert found.difference == 0.25
    # One draw in four holds photo 7 alone (1.0), one photo 9 alone (0.0), two hold both (0.25).
    assert (found.low, found.high) == (0.25, 0.25)
    wide = paired_interval(hits, against, np.array([7, 9, 9, 9]))
    assert (wide.low, wide.high) == (0.0, 1.0)


def test_the_same_model_differs_by_nothing() -> None:
    hits, _ = made(40, 0.1, seed=1)
    found = paired_interval(hits, hits, np.arange(200) // 5)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


def test_it_agrees_with_drawing_photos_one_by_one() -> None:
    hits, against = made(60, 0.05, seed=2)
    rows = np.arange(300) // 5
    rng = np.random.default_rng(9)
    gains = (hits.astype(float) - against).reshape(60, 5).mean(1)
    drawn = [gains[rng.integers(0, 60, 60)].mean() for _ in range(4000)]
    found = paired_interval(hits, against, rows, resamples=4000)
    assert found.difference == pytest.approx(gains.mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.004)


def test_captions_of_one_photo_that_move_together_widen_the_interval() -> None:
    gained = np.repeat(np.arange(40) % 4 == 0, 5)
    none = np.zeros(200, bool)
    together = paired_interval(gained, none, np.arange(200) // 5)
    as_if_alone = paired_interval(gained, none, np.arange(200))
    assert together.high - together.low > 1.8 * (as_if_alone.high - as_if_alone.low)


def test_a_seed_repeats_itself() -> None:
    hits, against = made(30, 0.1, seed=3)
    rows = np.arange(150) // 5
    assert paired_interval(hits, against, rows) == paired_interval(hits, against, rows)
    few = [paired_interval(hits, against, rows, resamples=7, seed=seed) for seed in (0, 1)]
    assert few[0] != few[1]


@pytest.mark.parametrize("count", [0, 3])
def test_queries_that_do_not_fit_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="Q > 0"):
        paired_interval(np.ones(count, bool), np.ones(count, bool), np.arange(count + 1))
