"""How a hit stands out: facts by hand, and properties of all probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.runtime.standing import BREVITY, FACTS, TERMS, Standing, facts_of, terms_of


def standing(*, of_lead: float) -> Standing:
    """Return a regression that uses only the second fact: the lead over the hits behind."""
    weights = np.zeros(TERMS, np.float32)
    weights[1] = of_lead
    return Standing(np.zeros(FACTS, np.float32), np.ones(FACTS, np.float32), weights, -1.0)


def test_facts_by_hand() -> None:
    scores = np.array([1.0, 3.0, 2.0], np.float32)  # in no order
    first = np.array([0.1, 0.3, 0.2], np.float32)
    background = np.array([0.0, 0.2], np.float32)
    facts = facts_of(scores, first, background, 50, brevity=1.0)
    assert facts.shape == (3, FACTS)
    score, lead, over_reference, gap, deviations, rank, size, brevity, _ = facts[1]
    assert score == 3.0
    assert lead == pytest.approx(1.5)  # 3 minus the mean of 2 and 1
    assert over_reference == pytest.approx(1.5)  # the lower half of three: 2 and 1
    assert gap == 0.0
    assert deviations == pytest.approx(2.0)  # (0.3 - 0.1) / 0.1
    assert rank == 0.0
    assert size == pytest.approx(np.log(50))
    assert brevity == 1.0
    assert facts[0, 3] == 2.0
    assert facts[0, 1] == 0.0  # nothing is behind the last
    assert facts[0, 5] == pytest.approx(np.log(3))


def test_only_ten_behind_count_and_the_reference_is_the_second_ten() -> None:
    scores = np.arange(40, 0, -1).astype(np.float32)
    facts = facts_of(scores, scores, scores, 40, brevity=0.0)
    assert facts[0, 1] == pytest.approx(40 - np.mean(np.arange(30, 40)))
    assert facts[0, 2] == pytest.approx(40 - np.mean(np.arange(21, 31)))


def test_terms_are_facts_and_their_products_with_brevity() -> None:
    facts = np.zeros((1, FACTS), np.float32)
    facts[0, 0], facts[0, BREVITY] = 2.0, 3.0
    terms = terms_of(facts)[0]
    assert terms.shape == (TERMS,)
    assert sorted(terms[terms != 0].tolist()) == [2.0, 3.0, 6.0, 9.0]


scores_of = st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=60)


@given(scores_of, st.integers(1, 10**9), st.floats(0, 1), st.floats(-50, 50))
def test_a_lower_score_is_never_likelier(
    scores: list[float], photos: int, brevity: float, of_lead: float
) -> None:
    given_scores = np.array(scores, np.float32)
    likely = standing(of_lead=of_lead)(
        given_scores, given_scores, given_scores, photos, brevity=brevity
    )
    assert likely.shape == given_scores.shape
    assert np.all((likely >= 0) & (likely <= 1))
    in_order = likely[np.argsort(-given_scores, kind="stable")]
    assert np.all(np.diff(in_order) <= 0)


def test_a_hit_that_stands_out_is_likelier() -> None:
    apart, crowd = np.array([5, 1, 1, 1]), np.array([5, 4.9, 4.9, 4.9])
    judge = standing(of_lead=2.0)
    clear, unclear = (
        judge(each.astype(np.float32), each.astype(np.float32), np.ones(4, np.float32), 4,
              brevity=0.0)[0]
        for each in (apart, crowd)
    )  # fmt: skip
    assert clear > 0.9 > 0.5 > unclear


def test_nothing_fitted_says_so_and_no_hits_are_no_error() -> None:
    none = Standing(np.zeros(FACTS), np.ones(FACTS), np.zeros(TERMS), 0.0)
    assert not none.fitted
    assert standing(of_lead=1.0).fitted
    empty = np.zeros(0, np.float32)
    assert standing(of_lead=1.0)(empty, empty, np.ones(3, np.float32), 3, brevity=0.0).size == 0
