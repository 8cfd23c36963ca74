"""How a hit stands out: facts by hand, and properties of all probabilities."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fusion.runtime.standing import (
    FACTS,
    MOST_SKEWED,
    SENTENCE_FACTS,
    STAGES,
    TERMS,
    Standing,
    facts_of,
    terms_of,
)
from fusion.runtime.stored_standings import STANDING, read_standings, stored_standings
from fusion.training.fit_standing import regression


def standing(*, of_lead: float) -> Standing:
    """Return regressions that use only the second fact: the lead over the hits behind."""
    weights = np.zeros(TERMS, np.float32)
    weights[[1, SENTENCE_FACTS + 1]] = of_lead
    return Standing(np.zeros(FACTS, np.float32), np.ones(FACTS, np.float32), weights, -1.0)


def test_facts_by_hand() -> None:
    scores = np.array([1.0, 3.0, 2.0], np.float32)  # in no order
    first = np.array([0.1, 0.3, 0.2], np.float32)
    background = np.array([0.0, 0.2], np.float32)
    facts = facts_of(scores, first, background, 50, brevity=1.0)
    assert facts.shape == (3, FACTS)
    score, lead, over_reference, gap, deviations, rank, size, brevity = facts[1, :8]
    added, added_to_first, skew, usual, spread = facts[1, SENTENCE_FACTS:]
    assert score == 3.0
    assert lead == pytest.approx(1.5)  # 3 minus the mean of 2 and 1
    assert over_reference == pytest.approx(1.5)  # the lower half of three: 2 and 1
    assert gap == 0.0
    assert deviations == pytest.approx(2.0)  # (0.3 - 0.1) / 0.1
    assert rank == 0.0
    assert size == pytest.approx(np.log(50))
    assert brevity == 1.0
    assert added == pytest.approx(2.7)
    assert added_to_first == pytest.approx(1.8)  # the mean of 0.9, 2.7 and 1.8
    assert (skew, usual, spread) == pytest.approx((1.0, 0.1, 0.1))
    assert facts[0, 3] == 2.0
    assert facts[0, 1] == 0.0  # nothing is behind the last
    assert facts[0, 5] == pytest.approx(np.log(3))


def test_only_ten_behind_count_and_the_reference_is_the_second_ten() -> None:
    scores = np.arange(40, 0, -1).astype(np.float32)
    facts = facts_of(scores, scores, scores, 40, brevity=0.0)
    assert facts[0, 1] == pytest.approx(40 - np.mean(np.arange(30, 40)))
    assert facts[0, 2] == pytest.approx(40 - np.mean(np.arange(21, 31)))


def test_scores_that_reach_far_up_are_skewed_within_a_limit() -> None:
    few, all_but_equal = np.zeros(100, np.float32), np.zeros(100, np.float32)
    few[:20], all_but_equal[0] = 1, 1
    few[20:40] = -0.5
    scores = np.ones(1, np.float32)
    skews = [
        facts_of(scores, scores, background, 100, brevity=1.0)[0, SENTENCE_FACTS + 2]
        for background in (few, all_but_equal, np.zeros(100, np.float32))
    ]
    assert skews == pytest.approx([2.0, 0.0, 0.0])
    few[20:40] = 0
    assert facts_of(scores, scores, few, 100, brevity=1.0)[0, SENTENCE_FACTS + 2] == MOST_SKEWED


def test_sentences_and_short_queries_have_terms_of_their_own() -> None:
    facts = np.arange(1, 2 * FACTS + 1, dtype=np.float32).reshape(2, FACTS)
    sentence, short = terms_of(facts, np.array([False, True]))
    assert sentence.tolist() == [*facts[0, :SENTENCE_FACTS].tolist(), *[0.0] * (FACTS + 1)]
    assert short.tolist() == [*[0.0] * SENTENCE_FACTS, *facts[1].tolist(), 1.0]
    assert np.array_equal(terms_of(facts, True)[1], short)


def made(seed: int) -> Standing:
    numbers = np.random.default_rng(seed)
    spread = 0.5 + numbers.random(FACTS)
    return Standing.of(numbers.normal(size=FACTS), spread, numbers.normal(size=TERMS), -1.5)


def test_regressions_are_stored_in_a_configuration() -> None:
    standings = {stage: made(seed) for seed, stage in enumerate(STAGES)}
    config = json.loads(json.dumps({STANDING: stored_standings(standings)}))
    read = read_standings(config, {})
    for stage in STAGES:
        for one, other in zip(read[stage], standings[stage], strict=True):
            assert np.array_equal(one, other)
    assert not any(each.fitted for each in read_standings({}, {}).values())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda stored: stored["full"][2].append(0.0), "parts of the shapes"),
        (lambda stored: stored["full"][0].__setitem__(3, "x"), "not numbers"),
        (lambda stored: stored["full"].__setitem__(3, None), "not"),
        (lambda stored: stored["first"].__setitem__(3, [1.0]), "parts of the shapes"),
        (lambda stored: stored["first"][1].__setitem__(3, 0.0), "no spread"),
        (lambda stored: stored["first"][1].__setitem__(3, float("nan")), "not finite"),
        (lambda stored: stored["first"].pop(), "lacks one of full, first"),
        (lambda stored: stored.pop("first"), "lacks one of full, first"),
    ],
    ids=["weights", "mean", "no offset", "offsets", "spread", "nan", "a part", "a stage"],
)
def test_damaged_regressions_are_refused(damage: Callable[[Any], object], said: str) -> None:
    stored = stored_standings({stage: made(0) for stage in STAGES})
    damage(stored)
    with pytest.raises(ValueError, match=said):
        read_standings({STANDING: stored}, {})


def test_tensors_of_another_version_are_refused() -> None:
    sizes = {"mean": 9, "spread": 9, "weights": 54}
    tensors = {f"standing_full_{name}": np.ones(size) for name, size in sizes.items()}
    with pytest.raises(ValueError, match="standing_full_mean"):
        read_standings({}, {**tensors, "standing_full_offset": np.array(0.0)})


@pytest.mark.parametrize("of_short", [True, False])
def test_without_short_queries_words_are_judged_as_sentences(of_short: bool) -> None:
    numbers = np.random.default_rng(3)
    facts = numbers.normal(size=(400, FACTS)).astype(np.float32)
    right = torch.from_numpy((facts[:, 0] > 0).astype(np.float32))
    short = np.arange(400) % 2 == 0 if of_short else np.zeros(400, np.bool_)
    fitted = regression(facts, short, right, torch.ones(400))
    sentences, words, more = np.split(fitted.weights, [SENTENCE_FACTS, 2 * SENTENCE_FACTS])
    assert sentences[0] > 1
    assert words[0] > 1
    assert np.array_equal(sentences, words) is not of_short
    assert bool(more.any()) is of_short


@pytest.mark.parametrize("brevity", [0.0, 1.0])
def test_regressions_of_an_earlier_version_give_the_same_probabilities(brevity: float) -> None:
    numbers = np.random.default_rng(5)
    mean, spread = numbers.normal(size=9), 0.5 + numbers.random(9)
    weights, offset = numbers.normal(size=18) / 4, -0.5
    parts = {"mean": mean, "spread": spread, "weights": weights, "offset": np.array(offset)}
    tensors = {f"standing_{stage}_{name}": part for stage in STAGES for name, part in parts.items()}
    scores, first = numbers.normal(size=(2, 30)).astype(np.float32)
    background = numbers.normal(size=64).astype(np.float32)

    facts = facts_of(scores, first, background, 64, brevity=brevity)[:, :9]
    standard = (facts - mean) / spread
    terms = np.concatenate([standard, standard * standard[:, 7:8]], axis=1)
    likely = 1 / (1 + np.exp(-(terms @ weights + offset)))
    order = np.argsort(-scores)
    likely[order] = np.minimum.accumulate(likely[order])

    read = read_standings({}, tensors)["full"](scores, first, background, 64, brevity=brevity)
    assert read == pytest.approx(likely, abs=1e-5)


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
    assert not Standing.unfitted().fitted
    assert standing(of_lead=1.0).fitted
    empty = np.zeros(0, np.float32)
    assert standing(of_lead=1.0)(empty, empty, np.ones(3, np.float32), 3, brevity=0.0).size == 0
