"""Explanations of hits, also for mixed queries: what each word of each term added to the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from search.explanation import ExplainedWord, Explanation, from_model
from search.models.model_protocols import SearchModel
from search.ranking.candidate_rows import CandidateRows
from search.ranking.mixing import EmbeddedTerm, Mixture
from search.result import Hit

__all__ = ["explain_hits", "explains"]

WRITTEN = "words of captions and names"


def explain_hits(
    hits: Sequence[Hit], mixture: Mixture, rows: CandidateRows, model: SearchModel,
    by_words: Mapping[int, float],
) -> list[Hit]:  # fmt: skip
    """Return the hits, with explanations for those that were re-ranked.

    A word of a wanted text adds what it adds alone, times the text's weight. A wanted photo counts
    as one word, everything unwanted as another, with the regions where it was read, and words
    written about the photo as a third, which `by_words` has by image id. The words and the rest sum
    to the score, whatever the terms.
    """
    seen = np.array([hit.image_id for hit in hits if hit.reranked], np.int64)
    if not len(seen) or not explains(model):
        return list(hits)
    vectors, packed = rows.vectors(seen), rows.nodes(seen)
    wanted = [_explained(each, model, vectors, packed) for each in mixture.wanted]
    unwanted = [
        _explained(each, model, vectors, packed)
        for each in mixture.unwanted
        if each.query is not None
    ]
    places = iter(range(len(seen)))
    explained = []
    for hit in hits:
        if hit.reranked:
            place = next(places)
            explanations = [each[place] for each in wanted], [each[place] for each in unwanted]
            written = by_words.get(hit.image_id, 0.0)
            explanation = _together(hit.score - written, mixture, *explanations)
            if written:
                word = ExplainedWord(WRITTEN, written, ())
                explanation = replace(explanation, words=(*explanation.words, word))
            hit = replace(hit, explanation=explanation)
        explained.append(hit)
    return explained


def explains(model: SearchModel) -> bool:
    """Return whether a model has graphs that say what each word and region contributed."""
    return bool(getattr(model, "explains", True))


def _explained(
    each: EmbeddedTerm,
    model: SearchModel,
    vectors: NDArray[np.float32],
    packed: NDArray[np.uint8],
) -> list[Explanation]:
    """Explain photos (K, D) for one term alone."""
    if each.query is not None:
        return [from_model(one) for one in model.explain(each.query, vectors, packed)]
    cosines = (vectors @ each.vector).tolist()
    return [
        Explanation((ExplainedWord(str(each.term), cosine, ()),), (), 0.0) for cosine in cosines
    ]


def _together(
    score: float, mixture: Mixture, wanted: list[Explanation], unwanted: list[Explanation]
) -> Explanation:
    if len(wanted) == 1 and not mixture.unwanted and mixture.wanted[0].term.weight == 1:
        return wanted[0]
    words: list[ExplainedWord] = []
    rest = other = 0.0
    for each, explanation in zip(mixture.wanted, wanted, strict=True):
        weight = each.term.weight
        words += [replace(word, added=weight * word.added) for word in explanation.words]
        rest += weight * explanation.rest
        other += weight * explanation.other_words
    if mixture.unwanted:
        # What it takes off depends on the order of candidates, so it is computed as the remainder.
        taken = score - rest - sum(word.added for word in words)
        names = ", ".join(str(each.term) for each in mixture.unwanted)
        regions = unwanted[0].regions if unwanted else ()
        words.append(ExplainedWord(f"not {names}", taken, regions))
    read = next(
        (explanation.regions for explanation in (*wanted, *unwanted) if explanation.regions), ()
    )
    return Explanation(tuple(words), read, rest, other)
