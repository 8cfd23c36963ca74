"""The report's layout and numbers, over a matcher whose scores are written by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from search.evaluation.evaluation import EvaluationError, evaluate, percent, retrieval_measures
from search.evaluation.metrics import accuracy, auc, expected_calibration_error
from search.evaluation.per_query import per_query_json

# Three photos; photo 0 has captions 0 and 1, photo 1 has caption 2, photo 2 has none.
ROWS = np.array([0, 0, 1])
FIRST = np.array([[0.9, 0.1, 0.2], [0.3, 0.8, 0.7], [0.5, 0.4, 0.6]], np.float32)
SECOND = np.array([[0.9, 0.1, 0.2], [0.9, 0.8, 0.7], [0.1, 0.4, 0.2]], np.float32)


@dataclass
class FakeMatcher:
    """Returns fixed scores in place of a trained model's."""

    name: str = "fake"
    encoders: str = "packaged"
    fingerprint: str = "f00d"
    threshold: float = 0.45
    hard_threshold: float = 0.6
    reranked: np.ndarray | None = field(default_factory=lambda: SECOND)

    def score_all(self, data: object, progress: object = None) -> SimpleNamespace:
        return SimpleNamespace(
            first_stage_text_to_image=FIRST,
            first_stage_image_to_text=FIRST,
            reranked_text_to_image=self.reranked,
            reranked_image_to_text=self.reranked,
            match=lambda captions, photos: SECOND[captions, photos],
            probability=lambda scores: np.clip(scores, 0, 1),
            match_hard=lambda captions, photos: SECOND[captions, photos],
            probability_hard=lambda scores: np.clip(scores, 0, 1),
        )


class FakeNegatives:
    """An independent model for which all photos are equally similar to all captions."""

    def similarity(self, data: object) -> np.ndarray:
        return np.ones((3, 3), np.float32)


def collection(photos: int = 3, rows: np.ndarray = ROWS) -> SimpleNamespace:
    return SimpleNamespace(
        photos=SimpleNamespace(image_ids=np.arange(photos) + 100),
        captions=SimpleNamespace(photo_rows=rows, caption_ids=np.arange(len(rows)) + 500),
    )


def test_layout_is_the_promised_one_and_is_json() -> None:
    report = evaluate(
        FakeMatcher(), collection(), FakeNegatives(), latency_ms={"encode": 1.5}
    ).report
    assert json.loads(json.dumps(report)) == report
    assert list(report) == [
        "collection",
        "model",
        "first_stage",
        "reranked",
        "matching",
        "calibration",
        "latency_ms",
    ]
    assert report["collection"] == {"images": 3, "captions": 3}
    assert report["model"] == {"name": "fake", "encoders": "packaged", "fingerprint": "f00d"}
    for stage in ("first_stage", "reranked"):
        assert list(report[stage]) == ["text_to_image", "image_to_text"]
        for measures in report[stage].values():
            assert list(measures) == ["R@1", "R@5", "R@10", "median_rank"]
    for kind in ("random", "hard"):
        assert list(report["matching"][kind]) == ["accuracy", "f1", "auc", "threshold"]
        assert list(report["calibration"][kind]) == ["ece"]
    assert report["latency_ms"]["encode"] == 1.5


def test_retrieval_by_hand() -> None:
    result = evaluate(FakeMatcher(), collection(), FakeNegatives())
    # caption 0: 0.9 is first; caption 1: 0.3 is third; caption 2: 0.4 is third
    assert result.ranks["first_stage"]["text_to_image"].tolist() == [1, 3, 3]
    # photo 0: its best caption (0.9) is first; photo 1: its caption's 0.4 comes after 0.8
    assert result.ranks["first_stage"]["image_to_text"].tolist() == [1, 2]
    # photo 2 has no caption, so it is not a query, but it is in the gallery
    assert result.report["first_stage"]["text_to_image"]["R@1"] == 33.33
    assert result.report["first_stage"]["image_to_text"]["R@1"] == 50.0
    assert result.report["first_stage"]["text_to_image"]["median_rank"] == 3.0
    assert result.report["reranked"]["text_to_image"]["R@1"] == 100.0


def test_matching_uses_the_models_thresholds() -> None:
    result = evaluate(FakeMatcher(threshold=0.0), collection(), FakeNegatives()).report
    # everything counts as a match: half the pairs are true
    assert result["matching"]["random"]["accuracy"] == 50.0
    assert result["matching"]["random"]["threshold"] == 0.0
    assert result["matching"]["hard"]["threshold"] == 0.6


def test_everything_can_be_computed_from_the_file_again() -> None:
    result = evaluate(FakeMatcher(), collection(), FakeNegatives())
    table = json.loads(per_query_json(result.per_query))
    assert table["caption_ids"] == [500, 501, 502]
    assert table["caption_image_ids"] == [100, 100, 101]
    assert table["image_ids"] == [100, 101]
    for stage in ("first_stage", "reranked"):
        for direction, ranks in table[stage].items():
            assert retrieval_measures(np.array(ranks)) == result.report[stage][direction]
    for kind in ("random", "hard"):
        pairs = table["matching"][kind]
        labels, scores = np.array(pairs["labels"]), np.array(pairs["scores"], np.float32)
        own = dict(zip(table["caption_ids"], table["caption_image_ids"], strict=True))
        shown = zip(pairs["caption_ids"], pairs["image_ids"], strict=True)
        assert labels.tolist() == [own[caption] == image for caption, image in shown]
        measures = result.report["matching"][kind]
        called = scores >= np.float32(measures["threshold"])
        assert measures["accuracy"] == percent(accuracy(labels, called))
        assert measures["auc"] == percent(auc(labels, scores))
        error = expected_calibration_error(labels, pairs["probabilities"])
        assert result.report["calibration"][kind]["ece"] == percent(error)


def test_without_a_reranker_there_is_no_second_stage() -> None:
    report = evaluate(FakeMatcher(reranked=None), collection(), FakeNegatives()).report
    assert report["reranked"] is None


@pytest.mark.parametrize(
    ("photos", "rows"),
    [pytest.param(1, np.array([0]), id="1 photo"), pytest.param(3, np.array([], int), id="silent")],
)
def test_what_cannot_be_judged_is_one_line(photos: int, rows: np.ndarray) -> None:
    with pytest.raises(EvaluationError, match="expected at least 2 photos"):
        evaluate(FakeMatcher(), collection(photos, rows), FakeNegatives())
