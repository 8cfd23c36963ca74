"""One file with everything from which a report can be recomputed, query by query.

`crossgraph eval --ranks FILE` writes one JSON object. Lists named together run in parallel:

    caption_ids, caption_image_ids    each caption's id and its photo's: the text-to-image queries
    image_ids                         the photos with captions: the image-to-text queries
    first_stage, reranked             {"text_to_image": [rank, ...], "image_to_text": [rank, ...]},
                                      from 1, in the order of caption_ids and of image_ids; {} for a
                                      stage that the model lacks
    matching                          {"random": PAIRS, "hard": PAIRS}; PAIRS has the lists
                                      caption_ids, image_ids, labels (true where the photo is the
                                      caption's own), scores (compared with the report's threshold)
                                      and probabilities
    ablation                          with --ablate: row of the table -> as first_stage
    probes                            with --probes:
      word_order                      kind -> the lists caption_ids, altered (the altered texts),
                                      first_stage, reranked (each [true's score, altered's score])
      short_queries                   the lists caption_ids, queries (the texts), and the ranks of
                                      their photos, first_stage and reranked
    squashed                          with --squashed: stage -> the captions' ranks among squashed
                                      photos, in the order of caption_ids
    keywords                          with --keywords: the lists words, true and false (how many
                                      photos a word is true and false of), and
      word, a_photo_of                stage -> the lists image_ids and labels, of each word the list
                                      of its hits (at most 50, the best first); a label is 1, 0, or
                                      null where that is unknown
    keywords_captioned                with --keywords and instances: the same where the index knows
                                      the captions, and with --shown the lists that it has of words
    shown                             with --shown:
      captions                        the lists caption_ids, image_ids (the top hit), right (whether
                                      that is the caption's own photo) and probabilities
      keywords                        the lists words, image_ids, labels and probabilities, of each
                                      word the lists of its ten hits
      foreign, absent                 the lists queries (the texts) and probabilities (of the top
                                      hit); foreign only where there is a second collection

Ids are those of the annotations file. Where a model has no re-ranker, its lists are null. A query
without any hit has the top hit null and the probability 0. Of several collections the object has
one list, collections, of such objects, each with its name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.evaluation.metrics import Record
from search.evaluation.pair_matching import ScoredPairs

if TYPE_CHECKING:
    from fusion.data.features import PairData

__all__ = ["pair_table", "per_query_json", "query_ids"]


def query_ids(data: PairData) -> dict[str, NDArray[np.int64]]:
    """Return the ids of all queries, in the order of their ranks."""
    rows = data.captions.photo_rows
    return {
        "caption_ids": data.captions.caption_ids,
        "caption_image_ids": data.photos.image_ids[rows],
        "image_ids": data.photos.image_ids[np.unique(rows)],
    }


def pair_table(
    data: PairData, pairs: ScoredPairs, probabilities: NDArray[np.float32]
) -> dict[str, NDArray[np.generic]]:
    """Return scored pairs by their ids."""
    return {
        "caption_ids": data.captions.caption_ids[pairs.caption_rows],
        "image_ids": data.photos.image_ids[pairs.photo_rows],
        "labels": pairs.labels,
        "scores": pairs.scores,
        "probabilities": probabilities,
    }


def per_query_json(table: Record) -> str:
    """Write the table as one line of JSON.

    >>> per_query_json({"image_ids": np.array([3, 5]), "reranked": {}}).rstrip()
    '{"image_ids": [3, 5], "reranked": {}}'
    """
    return json.dumps(table, default=lambda values: values.tolist()) + "\n"
