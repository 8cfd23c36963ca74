"""One file with everything that a report can be computed from again, query by query.

`crossgraph eval --ranks FILE` writes one JSON object. Lists named together run in parallel:

    caption_ids, caption_image_ids    each caption's id and its photo's: the text-to-image queries
    image_ids                         the photos with captions: the image-to-text queries
    first_stage, reranked             {"text_to_image": [rank, ...], "image_to_text": [rank, ...]},
                                      from 1, in the order of caption_ids and of image_ids; {} for a
                                      stage that the model lacks
    matching                          {"random": PAIRS, "hard": PAIRS}; PAIRS has the lists
                                      caption_ids, image_ids, labels (true where the photo is the
                                      caption's own), scores (held against the report's threshold)
                                      and probabilities
    ablation                          with --ablate: row of the table -> as first_stage
    probes                            with --probes:
      word_order                      kind -> the lists caption_ids, altered (the altered texts),
                                      first_stage, reranked (each [true's score, altered's score])
      short_queries                   the lists caption_ids, queries (the texts), and the ranks of
                                      their photos, first_stage and reranked

Ids are those of the annotations file. Where a model has no re-ranker, its lists are null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from search.matching import ScoredPairs

if TYPE_CHECKING:
    from fusion.features import PairData

__all__ = ["pair_table", "per_query_json", "query_ids"]


def query_ids(data: PairData) -> dict[str, NDArray[np.int64]]:
    """Give the ids of all queries, in the order of their ranks."""
    rows = data.captions.photo_rows
    return {
        "caption_ids": data.captions.caption_ids,
        "caption_image_ids": data.photos.image_ids[rows],
        "image_ids": data.photos.image_ids[np.unique(rows)],
    }


def pair_table(
    data: PairData, pairs: ScoredPairs, probabilities: NDArray[np.float32]
) -> dict[str, NDArray[Any]]:
    """Give scored pairs by their ids."""
    return {
        "caption_ids": data.captions.caption_ids[pairs.caption_rows],
        "image_ids": data.photos.image_ids[pairs.photo_rows],
        "labels": pairs.labels,
        "scores": pairs.scores,
        "probabilities": probabilities,
    }


def per_query_json(table: dict[str, Any]) -> str:
    """Write the table as one line of JSON.

    >>> per_query_json({"image_ids": np.array([3, 5]), "reranked": {}}).rstrip()
    '{"image_ids": [3, 5], "reranked": {}}'
    """
    return json.dumps(table, default=lambda values: values.tolist()) + "\n"
