"""Reciprocal rank fusion: by hand, and its general properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ranking.rank_fusion import fused

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=8), max_size=4)


def test_scores_are_sums_over_ranks() -> None:
    ids, scores = fused([[3, 1, 2], [2, 3]], constant=0)
    assert ids.tolist() == [3, 2, 1]
    assert scores.tolist() == pytest.approx([1 + 1 / 2, 1 / 3 + 1, 1 / 2])


def test_equal_scores_stand_in_the_order_of_the_ids() -> None:
    assert fused([[9, 4], [4, 9]])[0].tolist() == [4, 9]


def test_nothing_is_made_of_nothing() -> None:
    ids, scores = fused([[], []])
    assert (ids.tolist(), scores.tolist()) == ([], [])
    assert (ids.dtype, scores.dtype) == ("int64", "float64")


def test_the_usual_constant_is_that_of_the_article() -> None:
    assert fused([[8]])[1].tolist() == [1 / 61]
    assert fused([[8]], constant=-0.5)[1].tolist() == [2.0]


@given(ranking=st.lists(st.integers(0, 99), unique=True))
def test_one_ranking_stays_as_it_is(ranking: list[int]) -> None:
    assert fused([ranking])[0].tolist() == ranking


@given(rankings=RANKINGS)
def test_every_id_comes_once_best_first_and_the_order_of_rankings_is_nothing(
    rankings: list[list[int]],
) -> None:
    ids, scores = fused(rankings)
    assert sorted(ids.tolist()) == sorted({one for ranking in rankings for one in ranking})
    assert sorted(scores, reverse=True) == scores.tolist()
    assert fused(rankings[::-1])[1].tolist() == pytest.approx(scores.tolist())


@given(ranking=st.lists(st.integers(0, 9), unique=True, min_size=2), data=st.data())
def test_a_photo_that_both_rank_higher_stays_higher(
    ranking: list[int], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(ranking))
    ids = fused([ranking, other])[0].tolist()
    for one in ranking:
        for two in ranking:
            if ranking.index(one) < ranking.index(two) and other.index(one) < other.index(two):
                assert ids.index(one) < ids.index(two)


def test_what_is_no_ranking_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        fused([[1, 1]])
    with pytest.raises(ValueError, match="above -1"):
        fused([[1]], constant=-1)
