"""The order of candidates, whether they were re-ranked or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ranking.ranking import Ranking, falling


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
    # moved below -4, keeping the distances between them
    assert best.scores.tolist() == [-2, -4, -4, -4.25]
    # none of the others is more likely than the last re-ranked one
    assert best.probabilities.tolist() == [0.2, 0.1, 0.1, 0.1]


def test_scores_that_are_below_already_stay(found: Ranking) -> None:
    best = found.with_reranked(np.array([5.0, 6.0]), np.array([0.9, 0.9])).ordered()
    assert best.scores.tolist() == [6, 5, 0.5, 0.25]


def test_neighbours_that_rise_share_their_mean() -> None:
    assert falling(np.array([0.0, 0.5, 1.0])).tolist() == [0.5, 0.5, 0.5]
    assert falling(np.array([0.75, 0.25, 0.5, 0.75, 0.0])).tolist() == [0.75, 0.5, 0.5, 0.5, 0.0]
    assert falling(np.zeros(0)).tolist() == []


@given(st.lists(st.floats(0, 1, width=16), max_size=20))
def test_probabilities_fall_and_keep_their_sum(numbers: list[float]) -> None:
    given_ = np.array(numbers)
    found = falling(given_)
    assert (np.diff(found) <= 1e-12).all()
    assert found.sum() == pytest.approx(given_.sum())
    assert falling(found) == pytest.approx(found)
    assert falling(np.sort(given_)[::-1]) == pytest.approx(np.sort(given_)[::-1])
    # no other decreasing sequence is closer; here it is compared with the running minimum
    least = np.minimum.accumulate(given_) if numbers else given_
    assert ((found - given_) ** 2).sum() <= ((least - given_) ** 2).sum() + 1e-12


def test_no_probability_is_above_the_most(found: Ranking) -> None:
    shown = found.at_most(0.05).ordered().with_falling_probabilities()
    assert shown.probabilities.tolist() == [0.05] * 4
    assert shown.image_ids.tolist() == found.ordered().image_ids.tolist()
