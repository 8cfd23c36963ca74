"""Judge a trained model on a collection: retrieval both ways, matching, what a query costs.

Nothing is fitted here: no threshold, no correction, no bank sees the evaluated captions.
Percentages go from 0 to 100, ranks from 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from search.matching import (
    MatchResult,
    hard_false_photos,
    judge_matching,
    random_false_photos,
)
from search.metrics import median_rank, recall_at_k, retrieval_ranks

if TYPE_CHECKING:
    from fusion.features import PairData
    from fusion.matcher import Matcher, PairScores

__all__ = ["Evaluation", "EvaluationError", "NegativeModel", "evaluate", "retrieval_measures"]

Matrix = NDArray[np.floating]
Ranks = NDArray[np.int64]


class EvaluationError(ValueError):
    """The collection cannot be judged: no captions, or too few photos."""


class NegativeModel(Protocol):
    """An independent model that picks hard false pairs (`fusion.cca.LinearCCA` is one)."""

    def similarity(self, data: PairData) -> Matrix:
        """Give (Q, G) float, captions by photos, higher is more alike."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        report: the measures, in the layout of `crossgraph eval --json`.
        ranks: stage, then direction, then one rank a query: captions in the data's order for
            text_to_image, captioned photos in the data's order for image_to_text.
    """

    report: dict[str, Any]
    ranks: dict[str, dict[str, Ranks]] = field(default_factory=dict)


def evaluate(
    matcher: Matcher,
    data: PairData,
    negatives: NegativeModel,
    *,
    seed: int = 0,
    latency_ms: Mapping[str, float] | None = None,
    progress: Callable[..., None] | None = None,
) -> Evaluation:
    """Judge `matcher` on all captions and photos of `data`.

    Args:
        matcher: the model, with its name, encoders, fingerprint and threshold.
        data: the evaluated collection; photos without captions stay in the gallery.
        negatives: an independent model for the hard false pairs, never the one judged.
        seed: draws the false pairs.
        latency_ms: measured parts of one query, added to what is measured here.
        progress: handed to the matcher.

    Raises:
        EvaluationError: no captions, or fewer than two photos.
    """
    photo_rows = np.asarray(data.captions.photo_rows, dtype=np.int64)
    photos = len(data.photos.image_ids)
    if not len(photo_rows) or photos < 2:
        raise EvaluationError(
            f"the collection has {photos} photos and {len(photo_rows)} captions of them, "
            "expected at least 2 photos and 1 caption"
        )
    started = time.perf_counter()
    scores = matcher.score_all(data, progress=progress)
    per_query = (time.perf_counter() - started) / len(photo_rows) * 1000
    ranks = _all_ranks(scores, photo_rows, photos)
    report = {
        "collection": {"images": photos, "captions": len(photo_rows)},
        "model": {
            "name": matcher.name,
            "encoders": matcher.encoders,
            "fingerprint": matcher.fingerprint,
        },
        **{
            stage: {direction: retrieval_measures(values) for direction, values in both.items()}
            or None  # a model without a re-ranker has no second stage
            for stage, both in ranks.items()
        },
        "matching": _matching(matcher, scores, data, negatives, seed),
        "latency_ms": {**(latency_ms or {}), "score_all_photos_for_one_query": round(per_query, 3)},
    }
    return Evaluation(report, ranks)


def retrieval_measures(ranks: Ranks) -> dict[str, float]:
    """Give R@1, R@5 and R@10 in percent and the median rank."""
    recalls = {f"R@{k}": _percent(recall_at_k(ranks, k)) for k in (1, 5, 10)}
    return {**recalls, "median_rank": median_rank(ranks)}


def _all_ranks(scores: PairScores, photo_rows: Ranks, photos: int) -> dict[str, dict[str, Ranks]]:
    stages: dict[str, tuple[Matrix | None, Matrix | None]] = {
        "first_stage": (scores.first_stage_text_to_image, scores.first_stage_image_to_text),
        "reranked": (scores.reranked_text_to_image, scores.reranked_image_to_text),
    }
    ranks: dict[str, dict[str, Ranks]] = {}
    for stage, (text_to_image, image_to_text) in stages.items():
        found: dict[str, Ranks] = {}
        if text_to_image is not None:
            matrix = np.asarray(text_to_image)
            found["text_to_image"] = retrieval_ranks(matrix, photo_rows, np.arange(photos))
        if image_to_text is not None:
            # A photo without a caption cannot be a query: nothing would be the right answer.
            captioned = np.unique(photo_rows)
            matrix = np.asarray(image_to_text).T[captioned]
            found["image_to_text"] = retrieval_ranks(matrix, captioned, photo_rows)
        ranks[stage] = found
    return ranks


def _matching(
    matcher: Matcher, scores: PairScores, data: PairData, negatives: NegativeModel, seed: int
) -> dict[str, dict[str, float]]:
    photo_rows = np.asarray(data.captions.photo_rows, dtype=np.int64)
    false_photos = {
        "random": random_false_photos(photo_rows, len(data.photos.image_ids), seed),
        "hard": hard_false_photos(negatives.similarity(data), photo_rows, seed),
    }
    return {
        kind: _as_percentages(judge_matching(scores.match, matcher.threshold, photo_rows, false))
        for kind, false in false_photos.items()
    }


def _as_percentages(result: MatchResult) -> dict[str, float]:
    return {
        "accuracy": _percent(result.accuracy),
        "f1": _percent(result.f1),
        "auc": _percent(result.auc),
        "threshold": result.threshold,
    }


def _percent(share: float) -> float:
    return round(100 * share, 2)
