"""Whether the shown probabilities are calibrated, also for things that no photo shows.

Everything is measured on the hits of real searches, in an index of the collection's photos: of its
own captions, of words, of captions that belong to other photos, and of things that no photo shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.evaluation.evaluation import MeasuredPart, percent
from search.evaluation.metrics import Record
from search.evaluation.reliability import MATCH, reliability, shown_share
from search.evaluation.searches.absent_things import ABSENT_THINGS
from search.evaluation.searches.asked_index import AskedIndex
from search.evaluation.searches.keyword_labels import LEFT_OUT, Keyword
from search.evaluation.searches.keywords import ask_words, known
from search.evaluation.searches.right_answers import CaptionTexts, RightAnswers
from store.types import Progress

__all__ = ["HITS", "judge_shown", "judge_words"]

HITS = 10
"""The default number of hits."""

Rows = NDArray[np.int64]


class Tops(NamedTuple):
    """The first hits of queries."""

    rows: Rows
    """(Q,) int64, the rows of photos in the collection, -1 if there is no hit."""
    probabilities: NDArray[np.float64]
    """(Q,) probabilities, 0 if there is no hit."""


def judge_shown(
    index: AskedIndex,
    captions: CaptionTexts,
    right: RightAnswers,
    image_ids: Rows,
    *,
    queries: int = 1000,
    seed: int = 0,
    absent: Sequence[str] = ABSENT_THINGS,
    progress: Progress | None = None,
) -> MeasuredPart:
    """Measure the probabilities of hits.

    Args:
        index: an index of the collection.
        captions: all captions of the collection, with the rows of their photos.
        right: words with what is true of each photo, and captions of other photos.
        image_ids: (G,) int64, ids of the collection's photos.
        queries: limit on captions of either kind.
        seed: draws them, and the samples of intervals.
        absent: things that no photo shows.
        progress: called with what is being done, the number done and the total.

    Returns:
        The report has `captions` (the top hit, right where it is the caption's own photo),
        `keywords` (ten hits of each word, right where the photo has it), and of `foreign` captions
        and `absent` things how many have a top hit that is shown as a match; and `notes`. The
        per-query part is laid out in `search/evaluation/per_query.py`.
    """
    own, own_table = _captions(index, captions.drawn(queries, seed), image_ids, seed, progress)
    words, word_table = judge_words(index, right.keywords, image_ids, seed, progress)
    report: Record = {"captions": own, "keywords": words, "foreign": None}
    table: Record = {"captions": own_table, "keywords": word_table}
    notes = []
    if len(right.foreign.texts):
        some = right.foreign.drawn(queries, seed)
        report["foreign"], table["foreign"] = _nowhere(
            index, some.texts, some.photos, seed, "foreign captions", progress
        )
    else:
        notes.append("no foreign captions were used: they need a second collection")
    if words is None:
        notes.append("no word was searched for: none is true of enough photos")
    report["absent"], table["absent"] = _nowhere(
        index, absent, np.arange(len(absent)), seed, "absent things", progress
    )
    return MeasuredPart({**report, "notes": notes}, table)


def _captions(
    index: AskedIndex, captions: CaptionTexts, image_ids: Rows, seed: int, progress: Progress | None
) -> MeasuredPart:
    tops = _tops(index, captions.texts, "captions", progress)
    own = index.first_rows[captions.photos]
    answered = tops.rows >= 0
    right = tops.rows == own
    report = {
        "queries": len(own),
        "unanswered": int((~answered).sum()),
        **reliability(right[answered], tops.probabilities[answered], own[answered], seed=seed),
        "shown_as_match": percent(float((tops.probabilities >= MATCH).mean())),
    }
    table = {
        "caption_ids": captions.caption_ids,
        "image_ids": [int(image_ids[row]) if row >= 0 else None for row in tops.rows],
        "right": right,
        "probabilities": tops.probabilities,
    }
    return MeasuredPart(report, table)


def judge_words(
    index: AskedIndex,
    keywords: Sequence[Keyword],
    image_ids: Rows,
    seed: int,
    progress: Progress | None,
) -> tuple[Record | None, Record]:
    """Measure the probabilities of ten hits of each word; the report is None without words.

    It takes the arguments of `judge_shown`.
    """
    answers = ask_words(index, keywords, HITS, progress=progress)
    pairs = list(zip(keywords, answers, strict=True))
    table = {
        "words": [keyword.word for keyword in keywords],
        "image_ids": [image_ids[answer.rows].tolist() for answer in answers],
        "labels": [known(keyword.labels[answer.rows]) for keyword, answer in pairs],
        "probabilities": [answer.probabilities.tolist() for answer in answers],
    }
    if not any(len(answer.rows) for answer in answers):
        return None, table
    labels = np.concatenate([keyword.labels[answer.rows] for keyword, answer in pairs])
    probabilities = np.concatenate([answer.probabilities for answer in answers])
    words = np.repeat(np.arange(len(answers)), [len(answer.rows) for answer in answers])
    judged = labels != LEFT_OUT
    measures = reliability(labels[judged] == 1, probabilities[judged], words[judged], seed=seed)
    return {"words": len(keywords), "hits": int(judged.sum()), **measures}, table


def _nowhere(
    index: AskedIndex,
    texts: Sequence[str],
    groups: Rows,
    seed: int,
    what: str,
    progress: Progress | None,
) -> MeasuredPart:
    """Search for things that are not there."""
    tops = _tops(index, texts, what, progress)
    report = {"queries": len(texts), **shown_share(tops.probabilities, groups, seed=seed)}
    return MeasuredPart(report, {"queries": list(texts), "probabilities": tops.probabilities})


def _tops(index: AskedIndex, texts: Sequence[str], what: str, progress: Progress | None) -> Tops:
    rows, probabilities = np.full(len(texts), -1), np.zeros(len(texts))
    for place, text in enumerate(texts):
        answer = index.ask(text, HITS)
        if len(answer.rows):
            rows[place], probabilities[place] = answer.rows[0], answer.probabilities[0]
        if progress:
            progress(place + 1, len(texts), what)
    return Tops(rows, probabilities)
