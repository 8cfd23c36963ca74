"""False pairs are false, seeded and drawn from the stated photos; the threshold is not changed."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.data.negatives import hard_false_photos, random_false_photos
from search.evaluation.pair_matching import judge_matching, score_pairs

ROWS = np.repeat(np.arange(30), 5)


def test_random_pairs_are_never_true_and_reach_every_other_photo() -> None:
    rows = np.zeros(2000, dtype=np.int64) + 2
    drawn = random_false_photos(rows, 5, seed=0)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0, 1, 3, 4]
    assert counts.min() > 400  # 500 are expected for each


def test_the_seed_decides() -> None:
    first, again = (random_false_photos(ROWS, 30, seed=1) for _ in range(2))
    assert (first == again).all()
    assert (first != random_false_photos(ROWS, 30, seed=2)).any()


def test_hard_pairs_come_from_the_nearest_others() -> None:
    similarity = np.random.default_rng(0).random((150, 30))
    similarity[np.arange(150), ROWS] = 2.0  # the caption's own photo is nearest, and not drawn
    drawn = hard_false_photos(similarity, ROWS, seed=0, top=3)
    assert (drawn != ROWS).all()
    place = (similarity > similarity[np.arange(150), drawn][:, None]).sum(axis=1)
    assert place.min() == 1  # behind its own photo only
    assert place.max() == 3


def test_hard_pairs_of_a_small_collection_use_all_others() -> None:
    drawn = hard_false_photos(np.ones((40, 3)), np.zeros(40, dtype=np.int64), seed=0)
    assert set(drawn.tolist()) == {1, 2}


def test_one_photo_has_no_false_pair() -> None:
    with pytest.raises(ValueError, match="at least 2 photos"):
        random_false_photos(np.array([0]), 1, seed=0)
    with pytest.raises(ValueError, match="rows"):
        hard_false_photos(np.ones((2, 3)), np.array([0]), seed=0)


def test_threshold_is_taken_as_given_and_includes_its_own_value() -> None:
    scores = np.array([[0.7, 0.2], [0.5, 0.4]])  # captions 0 and 1 of photos 0 and 1
    pairs = score_pairs(
        lambda captions, photos: scores[captions, photos],
        photo_rows=np.array([0, 1]),
        false_photos=np.array([1, 0]),
    )
    assert pairs.caption_rows.tolist() == [0, 1, 0, 1]
    assert pairs.photo_rows.tolist() == [0, 1, 1, 0]
    assert pairs.labels.tolist() == [True, True, False, False]
    result = judge_matching(pairs, 0.5)
    # true pairs 0.7 and 0.4, false pairs 0.2 and 0.5: matches are 0.7 and (at 0.5) a false one
    assert result.accuracy == 0.5
    assert result.f1 == 0.5
    assert result.auc == 0.75
    assert result.threshold == 0.5
