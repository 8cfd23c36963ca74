"""Queries of one word, as people type them, and whether the best photos show the thing.

They go through the search engine itself, so how it treats wording counts. A photo for which it is
unknown whether the word is true is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from search.evaluation.bootstrap import sampled_interval
from search.evaluation.evaluation import MeasuredPart, percent
from search.evaluation.metrics import Record, average_precision, share_in_best
from search.evaluation.searches.asked_index import AskedIndex, RankedPhotos
from search.evaluation.searches.keyword_labels import LEFT_OUT, Keyword
from search.evaluation.searches.nouns import with_article
from search.evaluation.searches.right_answers import RightAnswers
from store.types import Progress

__all__ = ["BEST", "DEPTH", "FORMS", "ask_words", "judge_keywords"]

BEST, DEPTH = 5, 50
"""Limits on the hits that count for the share of true ones, and for the average precision: as many
as the first stage passes to the re-ranker."""

FORMS: dict[str, Callable[[str], str]] = {
    "word": str,
    "a_photo_of": lambda word: f"a photo of {with_article(word)}",
}
STAGES = {"first_stage": False, "reranked": True}
"""Stages of a search, and whether it re-ranks."""


def ask_words(
    index: AskedIndex,
    keywords: Sequence[Keyword],
    k: int,
    *,
    form: str = "word",
    stage: str = "reranked",
    progress: Progress | None = None,
) -> list[RankedPhotos]:
    """Search for each word in a form of `FORMS` and return its k best hits."""
    answers = []
    for place, keyword in enumerate(keywords, start=1):
        answers.append(index.ask(FORMS[form](keyword.word), k, rerank=STAGES[stage]))
        if progress:
            progress(place, len(keywords), "words")
    return answers


def judge_keywords(
    index: AskedIndex,
    right: RightAnswers,
    image_ids: NDArray[np.int64],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> MeasuredPart:
    """Measure how well words find what they name, by form of the query and by stage.

    Args:
        index: an index of the collection.
        right: words with what is true of each photo.
        image_ids: (G,) int64, ids of the collection's photos.
        seed: draws the words of the bootstrap.
        progress: called with what is being done, the number done and the total.

    Returns:
        The report has `labels`, how many `words`, the share of photos that a word is true of
        (`chance`, what guessing gets), and by form and stage: `true_in_best`, the mean over words
        of the share true in the best min(5, n), n photos being true, with the ends of its bootstrap
        interval over words, and `map`, the mean average precision of the first 50 hits.
    """
    keywords = right.keywords
    report: Record = {
        "labels": right.labels_from,
        "words": len(keywords),
        "chance": None,
    }
    table: Record = {
        "words": [each.word for each in keywords],
        "true": [each.true for each in keywords],
        "false": [each.false for each in keywords],
    }
    if not keywords:
        return MeasuredPart(report, table)
    shares = [each.true / (each.true + each.false) for each in keywords]
    report["chance"] = percent(float(np.mean(shares)))
    for form in FORMS:
        report[form], table[form] = {}, {}
        for stage in STAGES:
            answers = ask_words(index, keywords, DEPTH, form=form, stage=stage, progress=progress)
            pairs = list(zip(keywords, answers, strict=True))
            report[form][stage] = _measures(pairs, seed)
            table[form][stage] = {
                "image_ids": [image_ids[answer.rows].tolist() for answer in answers],
                "labels": [known(keyword.labels[answer.rows]) for keyword, answer in pairs],
            }
    return MeasuredPart(report, table)


def known(labels: NDArray[np.int8]) -> list[int | None]:
    """Return labels in JSON form, null for those left out."""
    return [None if label == LEFT_OUT else int(label) for label in labels]


def _measures(pairs: Sequence[tuple[Keyword, RankedPhotos]], seed: int) -> dict[str, float]:
    best, precision = np.zeros(len(pairs)), np.zeros(len(pairs))
    for place, (keyword, answer) in enumerate(pairs):
        labels = keyword.labels[answer.rows]
        judged = labels[labels != LEFT_OUT] == 1
        best[place] = share_in_best(judged, keyword.true, BEST)
        precision[place] = average_precision(judged, keyword.true)
    low, high = sampled_interval(
        lambda rows: float(best[rows].mean()), np.arange(len(pairs)), seed=seed
    )
    return {
        "true_in_best": percent(float(best.mean())),
        "low": percent(low),
        "high": percent(high),
        "map": percent(float(precision.mean())),
    }
