"""Evaluate a trained model on a collection: retrieval both ways, matching, cost of a query.

Nothing is fitted here: no threshold, no correction, no bank sees the evaluated captions.
Percentages go from 0 to 100, ranks from 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion.data.negatives import hard_false_photos, random_false_photos
from search.evaluation.metrics import (
    Record,
    expected_calibration_error,
    median_rank,
    recall_at_k,
    retrieval_ranks,
)
from search.evaluation.pair_matching import MatchResult, ScoredPairs, judge_matching, score_pairs
from search.evaluation.per_query import pair_table, query_ids
from store.errors import CrossgraphError

if TYPE_CHECKING:
    from fusion.data.features import PairData
    from fusion.evaluation.matcher import Matcher, PairScores

__all__ = [
    "Evaluation",
    "EvaluationError",
    "MeasuredPart",
    "NegativeModel",
    "evaluate",
    "percent",
    "rank_both",
    "retrieval_measures",
]

Matrix = NDArray[np.floating]
Ranks = NDArray[np.int64]


class EvaluationError(CrossgraphError, ValueError):
    """The collection cannot be evaluated: no captions, or too few photos."""


class NegativeModel(Protocol):
    """An independent model that picks hard false pairs, such as `fusion.data.cca.LinearCCA`."""

    def similarity(self, data: PairData) -> Matrix:
        """Return (Q, G) float, captions by photos, higher is more alike."""


class MeasuredPart(NamedTuple):
    """An additional measurement: a part of the report, and the data it is computed from."""

    report: Record
    per_query: Record


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        report: the measures, in the layout of `crossgraph eval --json`.
        ranks: stage, then direction, then one rank per query: captions in the data's order for
            text_to_image, captioned photos in the data's order for image_to_text.
        per_query: what `crossgraph eval --ranks` writes (`search/evaluation/per_query.py`): the
            ranks, and whatever else the report can be recomputed from.
    """

    report: Record
    ranks: dict[str, dict[str, Ranks]] = field(default_factory=dict)
    per_query: Record = field(default_factory=dict)

    def with_part(
        self,
        name: str,
        report: Record | None,
        per_query: Record | None = None,
    ) -> Evaluation:
        """Add a further measurement, under the same name in the report and in the file."""
        tables = {} if per_query is None else {name: per_query}
        return replace(
            self,
            report={**self.report, name: report},
            per_query={**self.per_query, **tables},
        )


def evaluate(
    matcher: Matcher,
    data: PairData,
    negatives: NegativeModel,
    *,
    seed: int = 0,
    latency_ms: Mapping[str, float] | None = None,
    progress: Callable[..., None] | None = None,
) -> Evaluation:
    """Evaluate `matcher` on all captions and photos of `data`.

    Args:
        matcher: the model, with its name, encoders, fingerprint and threshold.
        data: the evaluated collection; photos without captions stay in the gallery.
        negatives: an independent model for the hard false pairs, never the evaluated one.
        seed: draws the false pairs.
        latency_ms: measured parts of one query, added to the report.
        progress: passed to the matcher.

    Raises:
        EvaluationError: no captions, or fewer than two photos.
    """
    photo_rows = np.asarray(data.captions.photo_rows, dtype=np.int64)
    photos = len(data.photos.image_ids)
    if not len(photo_rows) or photos < 2:
        raise EvaluationError(
            f"the collection has {photos} photos with {len(photo_rows)} captions, expected at "
            "least 2 photos and 1 caption"
        )
    started = time.perf_counter()
    scores = matcher.score_all(data, progress=progress)
    per_query = (time.perf_counter() - started) / len(photo_rows) * 1000
    ranks = _all_ranks(scores, photo_rows)
    pairs = _matching_pairs(scores, data, negatives, seed)
    probabilities = {
        "random": scores.probability(pairs["random"].scores),
        "hard": scores.probability_hard(pairs["hard"].scores),
    }
    thresholds = {"random": matcher.threshold, "hard": matcher.hard_threshold}
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
        "matching": {
            kind: _as_percentages(judge_matching(matched, thresholds[kind]))
            for kind, matched in pairs.items()
        },
        "calibration": {
            kind: {"ece": percent(expected_calibration_error(matched.labels, probabilities[kind]))}
            for kind, matched in pairs.items()
        },
        "latency_ms": {**(latency_ms or {}), "score_all_photos_for_one_query": round(per_query, 3)},
    }
    table = {
        **query_ids(data),
        **ranks,
        "matching": {
            kind: pair_table(data, matched, probabilities[kind]) for kind, matched in pairs.items()
        },
    }
    return Evaluation(report, ranks, table)


def retrieval_measures(ranks: Ranks) -> dict[str, float]:
    """Return R@1, R@5 and R@10 in percent and the median rank."""
    recalls = {f"R@{k}": percent(recall_at_k(ranks, k)) for k in (1, 5, 10)}
    return {**recalls, "median_rank": median_rank(ranks)}


def rank_both(
    text_to_image: Matrix | None, image_to_text: Matrix | None, photo_rows: Ranks
) -> dict[str, Ranks]:
    """Rank by two (Q, G) tables of scores, captions by photos; a table of None gets no key.

    Return one rank per caption under "text_to_image", one per captioned photo under
    "image_to_text".
    """
    ranks: dict[str, Ranks] = {}
    if text_to_image is not None:
        matrix = np.asarray(text_to_image)
        ranks["text_to_image"] = retrieval_ranks(matrix, photo_rows, np.arange(matrix.shape[1]))
    if image_to_text is not None:
        # A photo without a caption cannot be a query: it has no right answer.
        captioned = np.unique(photo_rows)
        matrix = np.asarray(image_to_text).T[captioned]
        ranks["image_to_text"] = retrieval_ranks(matrix, captioned, photo_rows)
    return ranks


def _all_ranks(scores: PairScores, photo_rows: Ranks) -> dict[str, dict[str, Ranks]]:
    return {
        "first_stage": rank_both(
            scores.first_stage_text_to_image, scores.first_stage_image_to_text, photo_rows
        ),
        "reranked": rank_both(
            scores.reranked_text_to_image, scores.reranked_image_to_text, photo_rows
        ),
    }


def _matching_pairs(
    scores: PairScores, data: PairData, negatives: NegativeModel, seed: int
) -> dict[str, ScoredPairs]:
    photo_rows = np.asarray(data.captions.photo_rows, dtype=np.int64)
    photos, similarity = len(data.photos.image_ids), negatives.similarity(data)
    random = random_false_photos(photo_rows, photos, seed)
    hard = hard_false_photos(similarity, photo_rows, seed)
    return {
        "random": score_pairs(scores.match, photo_rows, random),
        "hard": score_pairs(scores.match_hard, photo_rows, hard),
    }


def _as_percentages(result: MatchResult) -> dict[str, float]:
    return {
        "accuracy": percent(result.accuracy),
        "f1": percent(result.f1),
        "auc": percent(result.auc),
        "threshold": result.threshold,
    }


def percent(share: float) -> float:
    """Return a share as a percentage with two decimals."""
    return round(100 * share, 2)
