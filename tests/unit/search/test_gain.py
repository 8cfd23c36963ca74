"""The gain of re-ranking: by hand, in both directions, and none for a model of one stage."""

from __future__ import annotations

import numpy as np

from search.evaluation.gain import recall_difference, reranking_gain

ROWS = np.array([0, 0, 1])


def test_a_difference_by_hand() -> None:
    # Photo 0 wins one of its two captions, photo 1 loses its only one. Of four draws of photos, one
    # has 0 only (+1 of 2), one has 1 only (-1 of 1), and two have both (0 of 3).
    found = recall_difference(np.array([1, 1, 3]), np.array([2, 1, 1]), ROWS)
    assert found == {"R@1": 0.0, "low": -100.0, "high": 50.0}


def test_both_ways() -> None:
    ranks = {
        "first_stage": {"text_to_image": np.array([2, 2, 2]), "image_to_text": np.array([1, 2])},
        "reranked": {"text_to_image": np.array([1, 1, 1]), "image_to_text": np.array([1, 2])},
    }
    assert reranking_gain(ranks, ROWS) == {
        "text_to_image": {"R@1": 100.0, "low": 100.0, "high": 100.0},
        "image_to_text": {"R@1": 0.0, "low": 0.0, "high": 0.0},
    }


def test_a_model_of_one_stage_gains_nothing() -> None:
    first = {"text_to_image": np.array([1, 2, 1])}
    assert reranking_gain({"first_stage": first, "reranked": {}}, ROWS) is None
