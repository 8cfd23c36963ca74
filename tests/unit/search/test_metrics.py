"""Measures compared with results by hand, and with ir-measures and scikit-learn."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import ir_measures
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from search.evaluation.metrics import (
    accuracy,
    auc,
    average_precision,
    expected_calibration_error,
    f1,
    median_rank,
    recall_at_k,
    retrieval_ranks,
    share_in_best,
)


def test_rank_is_one_more_than_what_stands_before() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.7]])
    # photo 2 scores 0.5; 0.9 and 0.7 come before it
    assert retrieval_ranks(scores, np.array([2]), np.arange(4)).tolist() == [3]


def test_best_of_several_relevant_items_counts() -> None:
    # photo 0 has captions 0 and 1: caption 1 (0.8) is second, behind caption 2 (0.9)
    scores = np.array([[0.1, 0.8, 0.9]])
    assert retrieval_ranks(scores, np.array([0]), np.array([0, 0, 1])).tolist() == [2]


def test_siblings_with_the_same_score_do_not_stand_before_each_other() -> None:
    scores = np.array([[0.8, 0.8, 0.1]])
    assert retrieval_ranks(scores, np.array([0]), np.array([0, 0, 1])).tolist() == [1]


def test_ties_are_pessimistic_so_a_constant_model_is_last() -> None:
    scores = np.zeros((2, 5))
    assert retrieval_ranks(scores, np.array([0, 4]), np.arange(5)).tolist() == [5, 5]


def test_left_out_photos_are_minus_infinity() -> None:
    scores = np.array([[-np.inf, 0.2, -np.inf]])
    assert retrieval_ranks(scores, np.array([0]), np.arange(3)).tolist() == [3]


@pytest.mark.parametrize(
    ("scores", "queries", "message"),
    [
        (np.array([[np.nan, 1.0]]), np.array([0]), "NaN"),
        (np.array([[0.5, 1.0]]), np.array([7]), "no relevant item"),
        (np.zeros((2, 3)), np.array([0, 1]), "shape"),
    ],
)
def test_scores_that_cannot_be_ranked_are_refused(
    scores: NDArray[np.float64], queries: NDArray[np.int64], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        retrieval_ranks(scores, queries, np.arange(2))


def test_more_queries_than_one_block() -> None:
    scores = np.random.default_rng(0).random((700, 9))
    groups = np.arange(700) % 9
    order = (-scores).argsort(axis=1)
    by_sorting = (order == groups[:, None]).argmax(axis=1) + 1
    assert retrieval_ranks(scores, groups, np.arange(9)).tolist() == by_sorting.tolist()


def test_recall_and_median_by_hand() -> None:
    ranks = np.array([1, 5, 6, 40])
    assert [recall_at_k(ranks, k) for k in (1, 5, 10)] == [0.25, 0.5, 0.75]
    assert median_rank(ranks) == 5.5
    assert median_rank([3, 1, 2]) == 2.0


def test_no_queries_and_no_k_are_refused() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        recall_at_k([1], 0)
    with pytest.raises(ValueError, match="at least one query"):
        median_rank([])


def test_matching_by_hand() -> None:
    labels = [1, 1, 1, 0, 0]
    called = [1, 1, 0, 1, 0]
    assert accuracy(labels, called) == 3 / 5
    # precision 2/3, recall 2/3
    assert f1(labels, called) == pytest.approx(2 / 3)
    # six comparisons of a true with a false pair: five won, one tied
    assert auc(labels, [0.9, 0.8, 0.5, 0.5, 0.1]) == pytest.approx(5.5 / 6)
    assert f1([1, 0], [0, 0]) == 0.0
    assert f1([0, 0], [0, 0]) == 0.0


def test_auc_needs_both_kinds() -> None:
    with pytest.raises(ValueError, match="at least one true and one false"):
        auc([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="NaN"):
        auc([1, 0], [0.1, np.nan])
    with pytest.raises(ValueError, match="same"):
        accuracy([1, 0], [1])


@pytest.fixture
def collection() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(3)
    photo_rows = np.repeat(np.arange(40), 5)[rng.permutation(200)]
    scores = rng.random((200, 40))
    scores[np.arange(200), photo_rows] += 0.4
    return scores, photo_rows


@pytest.mark.parametrize("direction", ["text_to_image", "image_to_text"])
def test_ranks_and_recall_agree_with_ir_measures(
    collection: tuple[NDArray[np.float64], NDArray[np.int64]], direction: str
) -> None:
    scores, photo_rows = collection
    queries, items = photo_rows, np.arange(40)
    if direction == "image_to_text":
        scores, queries, items = scores.T, items, photo_rows
    ranks = retrieval_ranks(scores, queries, items)

    relevant = queries[:, None] == items[None, :]
    qrels = {f"q{q}": {f"i{i}": 1 for i in np.flatnonzero(row)} for q, row in enumerate(relevant)}
    run = {f"q{q}": {f"i{i}": float(s) for i, s in enumerate(row)} for q, row in enumerate(scores)}
    reciprocal = {
        result.query_id: result.value
        for result in ir_measures.iter_calc([ir_measures.RR], qrels, run)
    }
    theirs = [1 / reciprocal[f"q{q}"] for q in range(len(ranks))]
    assert ranks.tolist() == pytest.approx(theirs)
    for k in (1, 5, 10):
        success = ir_measures.Success @ k
        expected = ir_measures.calc_aggregate([success], qrels, run)[success]
        assert recall_at_k(ranks, k) == pytest.approx(expected)


def test_share_in_best_by_hand() -> None:
    assert share_in_best([1, 1, 0, 1, 0, 1], relevant=9) == 3 / 5
    assert share_in_best([1, 0, 1, 1], relevant=3) == 2 / 3  # three suffice for a full score
    assert share_in_best([0, 1], relevant=1) == 0.0
    assert share_in_best([1, 1], relevant=4) == 2 / 4  # places that the list lacks count as wrong
    assert share_in_best([], relevant=2) == 0.0
    assert share_in_best([1, 0, 0], relevant=3, most=1) == 1.0


def test_average_precision_by_hand() -> None:
    assert average_precision([0, 1, 0, 1], relevant=2) == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert average_precision([0, 1, 0, 1], relevant=3) == pytest.approx((1 / 2 + 2 / 4) / 3)
    # there are more relevant items than places in the list
    assert average_precision([1, 1], relevant=9) == 1.0
    assert average_precision([0, 0], relevant=1) == average_precision([], relevant=1) == 0.0


def test_average_precision_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        labels = rng.random(30) < 0.3
        labels[rng.integers(30)] = True
        theirs = sklearn_metrics.average_precision_score(labels, -np.arange(30))
        assert average_precision(labels, int(labels.sum())) == pytest.approx(theirs)


@pytest.mark.parametrize("measure", [share_in_best, average_precision])
def test_without_a_relevant_item_there_is_no_share(measure: Callable[..., float]) -> None:
    with pytest.raises(ValueError, match="relevant is 0"):
        measure([0, 0], relevant=0)


def test_matching_agrees_with_scikit_learn_ties_included() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 500)
    scores = np.round(rng.random(500) + 0.3 * labels, 1)  # one decimal makes ties plentiful
    called = scores >= 0.6
    assert accuracy(labels, called) == pytest.approx(sklearn_metrics.accuracy_score(labels, called))
    assert f1(labels, called) == pytest.approx(sklearn_metrics.f1_score(labels, called))
    assert auc(labels, scores) == pytest.approx(sklearn_metrics.roc_auc_score(labels, scores))


def test_calibration_error_by_hand() -> None:
    # four bins: (0.1, 0.2) one true of two, 0.3 false, (0.9) true; 0.35, 0.3 and 0.1 off
    found = expected_calibration_error([1, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], bins=4)
    assert found == pytest.approx((2 * 0.35 + 0.3 + 0.1) / 4)
    assert expected_calibration_error([1, 0], [1.0, 0.0]) == 0.0
    assert expected_calibration_error([1, 0], [0.0, 1.0]) == 1.0
    # a bin includes its upper edge: 0.5 and 0.1 share a bin, which is correct on average
    assert expected_calibration_error([1, 0], [0.5, 0.5], bins=2) == 0.0
    assert expected_calibration_error([1, 0, 1], [0.5, 0.1, 0.9], bins=2) == pytest.approx(0.5 / 3)


@pytest.mark.parametrize(
    ("probabilities", "bins", "message"),
    [([0.5, 1.2], 15, "expected 0..1"), ([0.5, np.nan], 15, "0..1"), ([0.5, 0.5], 0, "bins is 0")],
)
def test_what_is_no_probability_is_refused(
    probabilities: list[float], bins: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        expected_calibration_error([0, 1], probabilities, bins)


def test_calibration_error_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(6)
    probabilities = np.concatenate([rng.random(800), np.linspace(0, 1, 16)])
    labels = rng.random(816) < probabilities**2
    shares, means = calibration_curve(labels, probabilities, n_bins=15, strategy="uniform")
    # scikit-learn returns no counts: a bin lies between two edges, and includes the upper one
    counts = [
        int(((probabilities > low) & (probabilities <= high)).sum()) + (low == 0)
        for low, high in itertools.pairwise(np.linspace(0, 1, 16))
    ]
    expected = np.average(np.abs(shares - means), weights=counts)
    assert expected_calibration_error(labels, probabilities) == pytest.approx(expected)


def test_fifteen_bins_are_the_usual() -> None:
    # 0.062 and 0.066 share the first of 15 bins (up to 0.0667), and no bin of 16 (up to 0.0625).
    found = expected_calibration_error([1, 0], [0.062, 0.066])
    assert found == pytest.approx((1 - 0.062 - 0.066) / 2)
    apart = expected_calibration_error([1, 0], [0.062, 0.066], bins=16)
    assert apart == pytest.approx((1 - 0.062 + 0.066) / 2)
