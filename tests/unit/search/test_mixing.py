"""How the scores of terms are combined, with the arithmetic spelled out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fusion.runtime.known_words import KnownWords
from search.query.term import Term
from search.ranking.mixing import EmbeddedTerm, Mixture, TermScores

PHOTOS = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)


class Model:
    """Re-ranked scores are twice the first; a text's word is detected where its score is 1."""

    name = fingerprint = "fake"
    known_words = KnownWords(())

    def embed_queries(self, texts: Any) -> Any:
        raise NotImplementedError

    explain = embed_queries

    def rerank(self, query: Any, vectors: Any, nodes: Any) -> Any:
        first = vectors @ query
        return SimpleNamespace(
            scores=2 * first, probabilities=first, detected=(first == 1).astype(np.float32)
        )

    def probabilities(self, query: Any, first_scores: Any) -> Any:
        return first_scores / 2


def text(*vector: float, weight: float = 1.0) -> EmbeddedTerm:
    row = np.array(vector, np.float32)
    return EmbeddedTerm(Term("text", weight=weight), row, row)


def photo(*vector: float, weight: float = 1.0) -> EmbeddedTerm:
    return EmbeddedTerm(Term(image_id=1, weight=weight), np.array(vector, np.float32))


def test_the_first_stage_is_one_product_with_the_sum() -> None:
    mixture = Mixture((text(1, 0), photo(0, 1, weight=2)), (text(0, 1),))
    assert mixture.vector.tolist() == [1, 2]
    scores = mixture.first_stage(Model(), PHOTOS)
    assert scores.wanted.tolist() == [[1, 0, 0.5], [0, 1, 0.5]]
    assert mixture.adding(scores).tolist() == (PHOTOS @ mixture.vector).tolist() == [1, 2, 1.5]


def test_reranked_texts_and_cosines_add_up_by_weight() -> None:
    mixture = Mixture((text(1, 0), photo(0, 1, weight=2)))
    scores, likely = mixture.mixed(mixture.reranked(Model(), PHOTOS, PHOTOS))
    # 2 * first of the text, and twice the cosine
    assert scores.tolist() == [2 * 1 + 2 * 0, 2 * 0 + 2 * 1, 2 * 0.5 + 2 * 0.5]
    # only the text's: there is no calibration for similar photos
    assert likely.tolist() == [1, 0, 0.5]


def test_probabilities_of_texts_are_their_weighted_mean() -> None:
    mixture = Mixture((text(1, 0, weight=3), text(0, 1)))
    assert mixture.mixed(mixture.reranked(Model(), PHOTOS, PHOTOS))[1].tolist() == [0.75, 0.25, 0.5]
    assert mixture.mixed(mixture.first_stage(Model(), PHOTOS))[1].tolist() == [0.375, 0.125, 0.25]


def test_what_is_not_wanted_takes_off_in_standard_deviations() -> None:
    mixture = Mixture((text(1, 0),), (text(0, 1, weight=1.5),))
    found = TermScores(
        np.array([[0, 4]], np.float32),
        np.array([[10, 30]], np.float32),
        np.ones((1, 2), np.float32),
        np.ones((1, 2), np.float32),
    )
    # The evidence is 1 deviation below its mean, of which 0.75 count, and 1 above; the deviation of
    # the wanted scores is 2.
    assert mixture.taken(found).tolist() == [-4.5, 6]
    assert mixture.mixed(found)[0].tolist() == [0 + 4.5, 4 - 6]


def test_evidence_that_is_the_same_everywhere_changes_nothing() -> None:
    mixture = Mixture((text(1, 0),), (text(0, 1),))
    found = TermScores(*(np.array([row], np.float32) for row in ([1, 2], [7, 7], [1, 1], [1, 1])))
    assert mixture.mixed(found)[0].tolist() == [1, 2]


def test_evidence_has_more_of_the_word_detector() -> None:
    mixture = Mixture((text(1, 0),), (text(0, 1), photo(0, 1)))
    by_text, by_photo = mixture.reranked(Model(), PHOTOS, PHOTOS).unwanted
    assert by_text.tolist() == pytest.approx([0, 2 + 0.3, 1])
    assert by_photo.tolist() == [0, 1, 0.5]


def test_where_nothing_is_wanted_the_farthest_is_first() -> None:
    mixture = Mixture((), (text(0, 1),))
    assert mixture.vector.tolist() == [0, -1]
    scores, likely = mixture.mixed(mixture.reranked(Model(), PHOTOS, PHOTOS))
    assert np.argsort(-scores).tolist() == [0, 2, 1]
    assert likely.tolist() == [1, 0, 0.5]


def test_of_photos_alone_the_probability_is_their_cosine() -> None:
    mixture = Mixture((photo(1, 0), photo(0, -1)))
    assert not mixture.texts
    scores, likely = mixture.mixed(mixture.first_stage(Model(), PHOTOS))
    assert scores.tolist() == [1, -1, 0]
    assert likely.tolist() == [0.5, 0, 0]


def test_blocks_are_put_side_by_side() -> None:
    mixture = Mixture((text(1, 0),), (text(0, 1),))
    whole = mixture.reranked(Model(), PHOTOS, PHOTOS)
    blocks = [mixture.reranked(Model(), part, part) for part in (PHOTOS[:2], PHOTOS[2:])]
    for one, other in zip(
        mixture.mixed(whole), mixture.mixed(TermScores.together(blocks)), strict=True
    ):
        assert one.tolist() == other.tolist()


def test_the_plain_query_is_one_text_of_weight_one_alone() -> None:
    assert Mixture((text(1, 0),)).is_one_text
    for other in (
        Mixture((text(1, 0), text(0, 1))),
        Mixture((text(1, 0),), (text(0, 1),)),
        Mixture((text(1, 0), text(0, 1)), (text(0, 1),)),
        Mixture((), (text(0, 1),)),
        Mixture((text(1, 0, weight=2),)),
        Mixture((photo(1, 0),)),
    ):
        assert not other.is_one_text


def test_there_is_something_to_read_where_any_term_is_a_text() -> None:
    assert Mixture((photo(1, 0), text(1, 0))).texts
    assert Mixture((photo(1, 0),), (text(1, 0),)).texts
    assert not Mixture((photo(1, 0),), (photo(0, 1),)).texts


def test_where_nothing_is_wanted_the_likeliest_of_the_unwanted_counts() -> None:
    mixture = Mixture((), (text(0, 1), text(1, 0, weight=3)))
    _, likely = mixture.mixed(mixture.reranked(Model(), PHOTOS, PHOTOS))
    assert likely.tolist() == [0, 0, 0.5]
    assert mixture.vector.tolist() == [-3, -1]


def test_the_only_text_s_scores_are_taken_as_they_are_known() -> None:
    mixture = Mixture((text(1, 0),))
    known = mixture.one_text(Model(), PHOTOS @ np.array([1, 0], np.float32))
    whole = mixture.first_stage(Model(), PHOTOS)
    assert known.unwanted.shape == (0, 3)
    for one, other in (
        (known.wanted, whole.wanted),
        (known.probabilities, whole.probabilities),
        (known.first, whole.first),
    ):
        assert one.tolist() == other.tolist()


def test_without_candidates_there_are_no_scores() -> None:
    mixture = Mixture((text(1, 0),), (text(0, 1),))
    scores, likely = mixture.mixed(mixture.reranked(Model(), PHOTOS[:0], PHOTOS[:0]))
    assert (scores.shape, likely.shape) == ((0,), (0,))
