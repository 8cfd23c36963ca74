"""What is shown to people, by hand: own captions, words, foreign captions and absent things."""

from __future__ import annotations

import json

import numpy as np
import pytest

from search.evaluation.evaluation import MeasuredPart
from search.evaluation.metrics import auc, expected_calibration_error
from search.evaluation.per_query import per_query_json
from search.evaluation.searches.absent_things import ABSENT_THINGS
from search.evaluation.searches.keyword_labels import LEFT_OUT, Keyword
from search.evaluation.searches.right_answers import CaptionTexts, RightAnswers
from search.evaluation.searches.shown_probabilities import HITS, judge_shown
from tests.unit.search.written_index import WrittenIndex, asked

IDS = np.array([100, 101, 102])
OWN = CaptionTexts(
    ["a dog", "a cat", "a sofa", " "], np.array([0, 1, 2, 2]), np.array([500, 501, 502, 503])
)
FOREIGN = CaptionTexts(["a train", "a bus"], np.array([0, 0]), np.array([1, 2]))
NONE = CaptionTexts([], np.zeros(0, np.int64), np.zeros(0, np.int64))
DOG = Keyword("dog", np.array([1, 0, LEFT_OUT], np.int8))
INDEX = {
    "a dog": [(0, 0.9), (1, 0.2)],
    "a cat": [(2, 0.7), (1, 0.6)],
    "a sofa": [(2, 0.4)],
    "dog": [(0, 0.8), (2, 0.7), (1, 0.4)],
    "a train": [(1, 0.5)],
    "a bus": [(1, 0.1)],
    "nothing": [(1, 0.3)],
}


def found(foreign: CaptionTexts = FOREIGN, keywords: tuple[Keyword, ...] = (DOG,)) -> MeasuredPart:
    right = RightAnswers("captions", list(keywords), foreign)
    return judge_shown(asked(WrittenIndex(INDEX), 3), OWN, right, IDS, absent=["nothing"])


def test_top_hits_of_captions_by_hand() -> None:
    own = found().report["captions"]
    # the blank caption is not a query; two of the others are right
    assert (own["queries"], own["unanswered"], own["right"]) == (4, 1, 66.67)
    assert own["mean_probability"] == 66.67
    # each alone in its bin: 0.1, 0.7 and 0.6 off
    assert own["ece"] == 46.67
    # 0.9 is above the wrong 0.7, 0.4 below it
    assert own["auroc"] == 50.0
    assert own["shown_as_match"] == 50.0


def test_hits_of_words_by_hand() -> None:
    words = found().report["keywords"]
    # the undecided photo is left out: 0.8 is right, 0.4 is wrong
    assert (words["words"], words["hits"], words["right"]) == (1, 2, 50.0)
    assert (words["ece"], words["auroc"]) == (30.0, 100.0)


def test_what_is_not_there_by_hand() -> None:
    report = found().report
    # both captions are of one photo, so that every draw has both
    assert report["foreign"] == {
        "queries": 2, "shown_as_match": 50.0, "shown_as_match_95": [50.0, 50.0]
    }  # fmt: skip
    assert report["absent"]["shown_as_match"] == 0.0
    assert report["notes"] == []


def test_without_a_second_collection_or_words_it_says_so() -> None:
    report = found(NONE, ()).report
    assert report["foreign"] is None
    assert report["keywords"] is None
    assert any("second collection" in note for note in report["notes"])
    assert any("no word" in note for note in report["notes"])


def test_everything_can_be_computed_from_the_file_again() -> None:
    part = found()
    report, table = part.report, json.loads(per_query_json(part.per_query))
    assert json.loads(json.dumps(report)) == report
    own = table["captions"]
    assert own["caption_ids"] == [500, 501, 502, 503]
    assert own["image_ids"] == [100, 102, 102, None]
    kept = [place for place, image_id in enumerate(own["image_ids"]) if image_id is not None]
    right = np.array(own["right"])[kept]
    probabilities = np.array(own["probabilities"])[kept]
    error = expected_calibration_error(right, probabilities)
    assert report["captions"]["ece"] == pytest.approx(100 * error, abs=0.01)
    assert report["captions"]["auroc"] == pytest.approx(100 * auc(right, probabilities), abs=0.01)
    words = table["keywords"]
    assert words["image_ids"] == [[100, 102, 101]]
    assert words["labels"] == [[1, None, 0]]
    assert words["probabilities"] == [[0.8, 0.7, 0.4]]
    assert table["foreign"] == {"queries": ["a train", "a bus"], "probabilities": [0.5, 0.1]}
    assert table["absent"] == {"queries": ["nothing"], "probabilities": [0.3]}


def test_captions_are_drawn_by_the_seed() -> None:
    many = CaptionTexts([f"t{n}" for n in range(50)], np.arange(50), np.arange(50) + 500)
    few = many.drawn(7, seed=1)
    assert len(few.texts) == len(set(few.texts)) == 7
    assert few.caption_ids.tolist() == sorted(few.caption_ids.tolist())
    assert [f"t{row}" for row in few.photos] == list(few.texts)
    assert few.texts == many.drawn(7, seed=1).texts != many.drawn(7, seed=2).texts
    assert many.drawn(50, seed=1) is many


def test_captions_of_other_photos_are_right_by_chance_only() -> None:
    photos, rng = 100, np.random.default_rng(0)
    texts = [f"t{n}" for n in range(5 * photos)]
    index = WrittenIndex({text: [(n // 5, 0.9)] for n, text in enumerate(texts)})
    rows = np.arange(5 * photos) // 5
    right = RightAnswers("captions", [], NONE)

    def share(owners: np.ndarray) -> float:
        own = CaptionTexts(texts, owners, np.arange(5 * photos))
        report = judge_shown(asked(index, photos), own, right, np.arange(photos), absent=["t0"])
        return float(report.report["captions"]["right"])

    assert share(rows) == 100.0
    # one in a hundred, plus or minus three standard deviations
    assert share(rng.permutation(rows)) == pytest.approx(1, abs=1.4)


def test_as_many_hits_are_asked_as_people_see() -> None:
    index = WrittenIndex(INDEX)
    judge_shown(
        asked(index, 3), OWN, RightAnswers("captions", [DOG], NONE), IDS, absent=["nothing"]
    )
    assert {(k, rerank) for _, k, rerank in index.asked} == {(HITS, True)}


def test_absent_things_are_some_sixty_and_differ() -> None:
    assert 55 <= len(ABSENT_THINGS) == len(set(ABSENT_THINGS)) <= 70
    assert {"an x-ray of a hand", "asdfghjkl", "a page of sheet music"} <= set(ABSENT_THINGS)
