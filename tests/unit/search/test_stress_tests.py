"""Stress tests of a model that counts words: which texts are scored, and with what results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fusion.data.features import CaptionFeatures, PairData, PhotoFeatures
from fusion.evaluation.matcher import OwnScores, PairScores
from search.evaluation.metrics import median_rank, recall_at_k
from search.evaluation.per_query import per_query_json
from search.evaluation.stress_tests import altered_captions, run_stress_tests, short_queries
from search.evaluation.typed_queries import short_query

TEXTS = (
    "A dog chases a cat .",
    "Two men ride a bus .",
    "A red boat under a blue sky .",
    "It is a boat .",
)
OWNERS = np.array([0, 1, 2, 2])
SHOWN = ("a dog chases a cat", "two men ride a bus", "a red boat under a blue sky")


def captions(
    texts: Sequence[str], caption_ids: NDArray[np.int64], photo_rows: NDArray[np.int64]
) -> CaptionFeatures:
    nothing = np.zeros((len(texts), 1, 1), np.float16)
    mask = np.ones((len(texts), 1), bool)
    return CaptionFeatures(caption_ids, photo_rows, list(texts), nothing, mask)


def data(texts: Sequence[str] = TEXTS, owners: NDArray[np.int64] = OWNERS) -> PairData:
    nothing = np.zeros((3, 1, 1), np.float16)
    photos = PhotoFeatures(np.arange(3) + 10, [""] * 3, nothing, nothing[:, 0])
    return PairData(photos, captions(texts, np.arange(len(texts)) + 500, owners))


def words(text: str, length: int) -> set[str]:
    said = [word for word in text.lower().split() if word != "."]
    return {" ".join(said[i : i + length]) for i in range(len(said) - length + 1)}


class Reader:
    """Counts the words that text and photo share; its re-ranking adds pairs of adjacent words."""

    def __init__(self, stages: int = 2) -> None:
        self.stages = stages

    def score(self, text: str, photo: int, length: int) -> float:
        return float(len(words(text, length) & words(SHOWN[photo], length)))

    def score_own(self, data: PairData) -> OwnScores:
        pairs = list(zip(data.captions.texts, data.captions.photo_rows, strict=True))
        one = np.array([self.score(*pair, 1) for pair in pairs], np.float32)
        two = np.array([self.score(*pair, 2) for pair in pairs], np.float32)
        return OwnScores(one, one + two if self.stages == 2 else None)

    def score_all(self, data: PairData, progress: object = None) -> PairScores:
        one = np.array(
            [[self.score(t, g, 1) for g in range(3)] for t in data.captions.texts], np.float32
        )
        second = one if self.stages == 2 else None
        judge = (lambda q, g: one[q, g]), (lambda s: s)
        return PairScores(one, one, second, second, *judge, *judge)


def found(stages: int = 2) -> Any:
    return run_stress_tests(Reader(stages), data(), captions)  # type: ignore[arg-type]


def test_altered_captions_are_those_that_a_rule_fits() -> None:
    made = altered_captions(TEXTS, lambda text: text.replace("dog", "fox"))
    assert made.rows.tolist() == [0]
    assert made.texts == ["A fox chases a cat ."]


def test_word_order_by_hand() -> None:
    order = found().report["word_order"]
    # By single words a swapped caption scores the same as the true one, which counts as a failure;
    # pairs of adjacent words tell them apart. A changed count loses a word.
    assert order == {
        "nouns": {"captions": 1, "first_stage": 0.0, "reranked": 100.0},
        "colours": {"captions": 1, "first_stage": 0.0, "reranked": 100.0},
        "counts": {"captions": 1, "first_stage": 100.0, "reranked": 100.0},
    }


def test_short_queries_by_hand() -> None:
    made = short_queries(TEXTS)
    # two, three and four content words in turn; the last caption has only one, so it has no query
    assert made.texts == ["dog chases", "two men ride", "red boat blue sky"]
    assert made.rows.tolist() == [0, 1, 2]
    queries = found().report["short_queries"]
    assert queries["queries"] == 3
    assert queries["first_stage"]["R@1"] == queries["reranked"]["R@1"] == 100.0
    assert [queries["by_words"][n]["queries"] for n in ("2", "3", "4")] == [1, 1, 1]


def test_everything_can_be_computed_from_the_file_again() -> None:
    result = found()
    table = json.loads(per_query_json(result.per_query))
    assert json.loads(json.dumps(result.report)) == result.report
    for kind, measures in result.report["word_order"].items():
        rows = table["word_order"][kind]
        assert len(rows["caption_ids"]) == len(rows["altered"]) == measures["captions"]
        for stage in ("first_stage", "reranked"):
            true, altered = np.array(rows[stage]).T
            assert measures[stage] == 100 * (true > altered).mean()
    queries = table["short_queries"]
    assert queries["caption_ids"] == [500, 501, 502]
    for stage in ("first_stage", "reranked"):
        measures = result.report["short_queries"][stage]
        assert measures["R@1"] == 100 * recall_at_k(queries[stage], 1)
        assert measures["median_rank"] == median_rank(queries[stage])


def test_a_model_of_one_stage_has_no_second() -> None:
    report = found(stages=1).report
    assert {kind["reranked"] for kind in report["word_order"].values()} == {None}
    assert report["short_queries"]["reranked"] is None


def test_captions_that_no_rule_fits() -> None:
    silent = data(["It is .", "It was ."], np.array([0, 1]))
    report = run_stress_tests(Reader(), silent, captions).report  # type: ignore[arg-type]
    nothing = {"captions": 0, "first_stage": None, "reranked": None}
    assert report["word_order"] == dict.fromkeys(("nouns", "colours", "counts"), nothing)
    assert report["short_queries"]["queries"] == 0
    assert report["short_queries"]["first_stage"] is None


@pytest.mark.parametrize(
    ("text", "count", "query"),
    [
        ("A man is riding on a brown horse .", 2, "man riding"),
        ("A man is riding on a brown horse .", 4, "man riding brown horse"),
        ("a man 's hat", 4, "man hat"),
        ("A dog", 2, None),
        ("", 2, None),
    ],
)
def test_a_query_is_the_first_content_words(text: str, count: int, query: str | None) -> None:
    assert short_query(text, count) == query
