"""Queries of one word: what is searched and counted, by hand, and chance for a wrong pairing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from search.evaluation.metrics import average_precision, share_in_best
from search.evaluation.per_query import per_query_json
from search.evaluation.searches.keyword_labels import LEFT_OUT, Keyword
from search.evaluation.searches.keywords import DEPTH, judge_keywords
from search.evaluation.searches.right_answers import CaptionTexts, RightAnswers
from tests.unit.search.written_index import Hits, WrittenIndex, asked

NO_TEXTS = CaptionTexts([], np.zeros(0, np.int64), np.zeros(0, np.int64))
DOG = Keyword("dog", np.array([1, 0, LEFT_OUT, 1, 0, 0], np.int8))
OVEN = Keyword("oven", np.array([0, 0, 0, 0, 1, 0], np.int8))
IDS = np.arange(6) + 100


def right(*keywords: Keyword) -> RightAnswers:
    return RightAnswers("instances", list(keywords), NO_TEXTS)


def hits(*rows: int) -> Hits:
    return [(row, 0.5) for row in rows]


def written() -> WrittenIndex:
    return WrittenIndex(
        {
            "dog": hits(0, 2, 3, 1),
            "a photo of a dog": hits(1, 0),
            "oven": hits(4, 1),
            "a photo of an oven": hits(1, 4),
        },
        {
            "dog": hits(1, 4, 5, 0),
            "a photo of a dog": hits(1, 4),
            "oven": hits(0, 4),
            "a photo of an oven": hits(0, 1),
        },
    )


def test_measures_by_hand() -> None:
    report = judge_keywords(asked(written(), 6), right(DOG, OVEN), IDS).report
    assert (report["labels"], report["words"]) == ("instances", 2)
    # dog is true of 2 of 5 photos (one is left out), oven of 1 of 6
    assert report["chance"] == 28.33
    # dog: 0 and 3 are the best two that have a label; oven: the best one is 4
    assert report["word"]["reranked"]["true_in_best"] == 100.0
    # dog: 1 of 2; oven: 0 of 1
    assert report["a_photo_of"]["reranked"]["true_in_best"] == 25.0
    # dog: photo 0 is fourth, 1/4 of 2; oven: photo 4 is second, 1/2 of 1
    assert report["word"]["first_stage"] == {
        "true_in_best": 0.0, "low": 0.0, "high": 0.0, "map": 31.25
    }  # fmt: skip
    # dog: 1/2 of 2; oven: 1/2 of 1
    assert report["a_photo_of"]["reranked"]["map"] == 37.5
    # a draw of the two words has the one with 0 only, the one with half only, or both
    assert (report["a_photo_of"]["reranked"]["low"], report["a_photo_of"]["reranked"]["high"]) == (
        0.0,
        50.0,
    )


def test_the_search_engine_is_asked_in_both_forms_and_stages() -> None:
    index = written()
    judge_keywords(asked(index, 6), right(DOG, OVEN), IDS)
    texts = ["dog", "oven", "a photo of a dog", "a photo of an oven"]
    assert sorted(index.asked) == sorted(
        (text, DEPTH, rerank) for text in texts for rerank in (False, True)
    )


def test_everything_can_be_computed_from_the_file_again() -> None:
    found = judge_keywords(asked(written(), 6), right(DOG, OVEN), IDS)
    table = json.loads(per_query_json(found.per_query))
    assert table["words"] == ["dog", "oven"]
    assert (table["true"], table["false"]) == ([2, 1], [3, 5])
    assert table["word"]["reranked"]["image_ids"][0] == [100, 102, 103, 101]
    assert table["word"]["reranked"]["labels"][0] == [1, None, 1, 0]
    for form in ("word", "a_photo_of"):
        for stage in ("first_stage", "reranked"):
            judged = [
                [label for label in labels if label is not None]
                for labels in table[form][stage]["labels"]
            ]
            best = [share_in_best(*pair) for pair in zip(judged, table["true"], strict=True)]
            precision = [
                average_precision(*pair) for pair in zip(judged, table["true"], strict=True)
            ]
            measures = found.report[form][stage]
            assert measures["true_in_best"] == pytest.approx(100 * np.mean(best), abs=0.01)
            assert measures["map"] == pytest.approx(100 * np.mean(precision), abs=0.01)


def test_without_words_nothing_is_asked() -> None:
    index = written()
    assert judge_keywords(asked(index, 6), right(), IDS).report == {
        "labels": "instances", "words": 0, "chance": None
    }  # fmt: skip
    assert index.asked == []


def test_labels_of_other_photos_are_found_by_chance_only() -> None:
    rng = np.random.default_rng(0)
    true = [np.sort(rng.permutation(200)[:20]) for _ in range(80)]
    index = WrittenIndex(
        {
            f"{form}w{word}": hits(*rows, *np.setdiff1d(np.arange(200), rows))
            for word, rows in enumerate(true)
            for form in ("", "a photo of a ")
        }
    )

    def keywords(order: np.ndarray) -> list[Keyword]:
        labels = [np.isin(order, rows).astype(np.int8) for rows in true]
        return [Keyword(f"w{word}", each) for word, each in enumerate(labels)]

    ids = np.arange(200)
    told = judge_keywords(asked(index, 200), right(*keywords(ids)), ids).report
    assert told["word"]["reranked"]["true_in_best"] == 100.0
    lost = judge_keywords(asked(index, 200), right(*keywords(rng.permutation(ids))), ids).report
    assert lost["chance"] == 10.0
    # 80 words with 5 photos each: one in ten, give or take three standard deviations
    assert lost["word"]["reranked"]["true_in_best"] == pytest.approx(10, abs=4.5)
