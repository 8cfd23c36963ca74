"""Stress tests beyond a caption's own recall: word order, and queries of a few words.

Word order: the share of captions that score above their altered form
(`search/evaluation/altered_captions.py`) for their own photo; guessing gets 50. A tie is no
success.

Short queries: every caption yields one of two, three or four content words in turn, and the
caption's own photo must be found, however many others fit the few words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.evaluation.altered_captions import KINDS
from search.evaluation.evaluation import percent, rank_both, retrieval_measures
from search.evaluation.metrics import Record
from search.evaluation.typed_queries import LENGTHS, short_query

if TYPE_CHECKING:
    from fusion.data.features import CaptionFeatures, PairData
    from fusion.evaluation.matcher import Matcher

__all__ = ["StressTests", "run_stress_tests"]

Rows = NDArray[np.int64]
Encode = Callable[[Sequence[str], Rows, Rows], "CaptionFeatures"]
"""`encode(texts, caption_ids, photo_rows)`, as `encode_captions` of `fusion` does."""
STAGES = ("first_stage", "reranked")


@dataclass(frozen=True)
class StressTests:
    """The results of the stress tests.

    Attributes:
        report: `word_order`, by kind of change, and `short_queries`, with their counts.
        per_query: the scores and ranks that it comes from, as `search/evaluation/per_query.py` lays
            them out.
    """

    report: Record
    per_query: Record


class Texts(NamedTuple):
    """Texts made from captions."""

    rows: Rows
    """(M,) the captions' rows."""
    texts: list[str]


def run_stress_tests(
    matcher: Matcher,
    data: PairData,
    encode: Encode,
    progress: Callable[..., None] | None = None,
) -> StressTests:
    """Make texts from a collection's captions by rule and measure a model on them.

    Args:
        matcher: the model.
        data: the collection.
        encode: turns texts into features, with the collection's own encoders.
        progress: passed to the matcher.
    """
    order, order_table = _word_order(matcher, data, encode)
    queries, query_table = _short_queries(matcher, data, encode, progress)
    return StressTests(
        {"word_order": order, "short_queries": queries},
        {"word_order": order_table, "short_queries": query_table},
    )


def altered_captions(texts: Sequence[str], rule: Callable[[str], str | None]) -> Texts:
    """Alter the captions that a rule fits, where the result differs."""
    altered = [(row, rule(text)) for row, text in enumerate(texts)]
    kept = [(row, new) for row, new in altered if new is not None and new != texts[row]]
    return Texts(np.array([row for row, _ in kept], np.int64), [new for _, new in kept])


def short_queries(texts: Sequence[str]) -> Texts:
    """Make a query from each caption with enough words: of two, three or four in turn."""
    shortened = [
        (row, short_query(text, LENGTHS[row % len(LENGTHS)])) for row, text in enumerate(texts)
    ]
    kept = [(row, query) for row, query in shortened if query is not None]
    return Texts(np.array([row for row, _ in kept], np.int64), [query for _, query in kept])


def _word_order(matcher: Matcher, data: PairData, encode: Encode) -> tuple[Record, Record]:
    report, table = {}, {}
    for kind, rule in KINDS.items():
        altered = altered_captions(data.captions.texts, rule)
        pairs = _pair_scores(matcher, data, encode, altered)
        report[kind] = {"captions": len(altered.rows)} | {
            stage: None if scores is None else percent(float((scores[:, 0] > scores[:, 1]).mean()))
            for stage, scores in pairs.items()
        }
        table[kind] = {
            "caption_ids": data.captions.caption_ids[altered.rows],
            "altered": altered.texts,
            **pairs,
        }
    return report, table


def _pair_scores(
    matcher: Matcher, data: PairData, encode: Encode, made: Texts
) -> dict[str, NDArray[np.float32] | None]:
    """Return scores (M, 2) of captions and of their altered forms with their photos, by stage."""
    from fusion.data.features import PairData, some_captions

    if not len(made.rows):
        return dict.fromkeys(STAGES)
    captions = some_captions(data.captions, made.rows)
    altered = encode(made.texts, captions.caption_ids, captions.photo_rows)
    both = [matcher.score_own(PairData(data.photos, each)) for each in (captions, altered)]
    return {
        stage: None if values[0] is None else np.stack(values, axis=1)
        for stage, *values in zip(STAGES, *both, strict=True)
    }


def _short_queries(
    matcher: Matcher, data: PairData, encode: Encode, progress: Callable[..., None] | None
) -> tuple[Record, Record]:
    from fusion.data.features import PairData

    queries = short_queries(data.captions.texts)
    photo_rows = data.captions.photo_rows[queries.rows]
    ranks: dict[str, Rows | None] = dict.fromkeys(STAGES)
    if len(queries.rows):
        captions = encode(queries.texts, data.captions.caption_ids[queries.rows], photo_rows)
        scores = matcher.score_all(PairData(data.photos, captions), progress=progress)
        tables = scores.first_stage_text_to_image, scores.reranked_text_to_image
        ranks = {
            stage: rank_both(table, None, photo_rows).get("text_to_image")
            for stage, table in zip(STAGES, tables, strict=True)
        }
    lengths = np.array([len(text.split()) for text in queries.texts])
    report = _measured(ranks, np.ones(len(lengths), bool)) | {
        "by_words": {str(words): _measured(ranks, lengths == words) for words in LENGTHS}
    }
    table = {
        "caption_ids": data.captions.caption_ids[queries.rows], "queries": queries.texts, **ranks
    }  # fmt: skip
    return report, table


def _measured(ranks: dict[str, Rows | None], chosen: NDArray[np.bool_]) -> Record:
    count = int(chosen.sum())
    return {"queries": count} | {
        stage: retrieval_measures(values[chosen]) if count and values is not None else None
        for stage, values in ranks.items()
    }
