"""Candidates in their order, whether the re-ranker came to them or not."""

from __future__ import annotations

import numpy as np
import pytest

from search.ranking import Ranking


@pytest.fixture
def found() -> Ranking:
    first = np.array([0.75, 0.5, 0.5, 0.25])
    return Ranking.first(np.array([3, 1, 2, 4]), first, first)


def test_equal_scores_stand_by_id(found: Ranking) -> None:
    assert found.ordered().image_ids.tolist() == [3, 1, 2, 4]


def test_what_was_not_reranked_follows_below_in_its_own_order(found: Ranking) -> None:
    best = found.with_reranked(np.array([-4.0, -2.0]), np.array([0.1, 0.2])).ordered()
    assert best.image_ids.tolist() == [1, 3, 2, 4]
    assert best.reranked.tolist() == [True, True, False, False]
    # moved below -4 with the distances between them
    assert best.scores.tolist() == [-2, -4, -4, -4.25]
    assert best.probabilities.tolist() == [0.2, 0.1, 0.5, 0.25]


def test_scores_that_are_below_already_stay(found: Ranking) -> None:
    best = found.with_reranked(np.array([5.0, 6.0]), np.array([0.9, 0.9])).ordered()
    assert best.scores.tolist() == [6, 5, 0.5, 0.25]
