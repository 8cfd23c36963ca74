"""Paired intervals: by hand where all draws can be listed, and compared with plain resampling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from search.evaluation.bootstrap import paired_interval, sampled_interval


def made(photos: int, gain: float, seed: int) -> tuple[NDArray[np.bool_], ...]:
    rng = np.random.default_rng(seed)
    against = rng.random(5 * photos) < 0.3
    return against | (rng.random(5 * photos) < gain), against


def test_two_photos_by_hand() -> None:
    # Photo 7 has one query, which only the first model answers; photo 9 has three that both answer.
    hits, against = np.array([1, 1, 1, 1], bool), np.array([0, 1, 1, 1], bool)
    found = paired_interval(hits, against, np.array([7, 9, 9, 9]), level=0.4)
    assert found.difference == 0.25
    # Of four draws, one has photo 7 only (1.0), one photo 9 only (0.0), and two have both (0.25).
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


def test_any_measure_of_two_groups_by_hand() -> None:
    values = np.array([6.0, 0.0, 0.0])
    groups = np.array([9, 7, 7])
    rows: list[list[int]] = []

    def mean(drawn: NDArray[np.int64]) -> float:
        rows.append(sorted(drawn.tolist()))
        return float(values[drawn].mean())

    # Of four draws, one has 9 twice (6.0), one 7 twice (0.0), and two have both (2.0).
    assert sampled_interval(mean, groups, level=0.4) == (2.0, 2.0)
    assert sampled_interval(mean, groups) == (0.0, 6.0)
    assert {tuple(each) for each in rows} == {(0, 0), (0, 1, 2), (1, 1, 2, 2)}


def test_of_a_difference_it_agrees_with_the_paired_interval() -> None:
    hits, against = made(60, 0.05, seed=4)
    rows = np.arange(300) // 5
    found = sampled_interval(
        lambda drawn: float((hits[drawn].astype(float) - against[drawn]).mean()), rows
    )
    paired = paired_interval(hits, against, rows)
    assert found == pytest.approx((paired.low, paired.high), abs=0.006)


def test_draws_without_a_measure_are_left_out() -> None:
    values = np.array([1.0, float("nan")])
    groups = np.arange(2)
    assert sampled_interval(lambda rows: float(values[rows].min()), groups) == (1.0, 1.0)
    none = sampled_interval(lambda _: float("nan"), groups, resamples=5)
    assert all(np.isnan(end) for end in none)


def test_without_queries_there_is_no_interval() -> None:
    with pytest.raises(ValueError, match="Q > 0"):
        sampled_interval(lambda _: 0.0, np.zeros(0, int))
