from __future__ import annotations

import numpy as np
import pytest

from fusion.runtime.clip.chance import FEW, by_chance, highest_by_chance, pair_probabilities


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_what_stands_out_from_chance_is_likely() -> None:
    background = np.random.default_rng(0).normal(0.1, 0.02, 200).astype(np.float32)
    scores = floats(0.3, 0.17, 0.1)
    likely = by_chance(scores, scores, background, 1000)
    assert likely is not None
    assert likely[0] > 0.99
    assert 0.2 < likely[1] < 0.8  # as high as the best of a thousand unrelated photos
    assert likely[2] < 0.05


def test_the_same_hit_is_less_likely_among_more_photos() -> None:
    background = np.random.default_rng(0).normal(0.1, 0.02, 200).astype(np.float32)
    few = by_chance(floats(0.18), floats(0.18), background, 100)
    many = by_chance(floats(0.18), floats(0.18), background, 1_000_000)
    assert few is not None
    assert many is not None
    assert few[0] > many[0]


def test_highest_of_draws_is_near_what_drawing_gives() -> None:
    drawn = np.random.default_rng(0).normal(size=(2000, 100)).max(axis=1).mean()
    assert highest_by_chance(100) == pytest.approx(drawn, abs=0.05)


def test_a_model_that_is_sure_of_a_pair_is_believed() -> None:
    background = np.linspace(0.0, 0.2, 50, dtype=np.float32)
    scores = floats(0.2, 0.1)
    alone = by_chance(scores, scores, background, 50)
    sure = by_chance(scores, scores, background, 50, floats(0.99, 0.0))
    assert alone is not None
    assert sure is not None
    assert sure[0] > 0.98 > alone[0]
    assert sure[1] == pytest.approx(alone[1])


def test_probabilities_fall_with_the_score() -> None:
    background = np.linspace(0.0, 0.2, 50, dtype=np.float32)
    likely = by_chance(floats(0.5, 0.9), floats(0.3, 0.1), background, 50)
    assert likely is not None
    assert likely[0] <= likely[1]


def test_a_few_photos_are_no_background() -> None:
    assert by_chance(floats(0.5), floats(0.5), np.zeros(FEW - 1, np.float32), 7) is None


def test_a_pair_alone_says_nothing_without_a_trained_sigmoid() -> None:
    assert pair_probabilities(floats(0.1, 0.9), 100.0, None).tolist() == [0.5, 0.5]
