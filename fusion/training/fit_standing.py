"""Fits `fusion/runtime/standing.py`: how likely hits are right, also for unanswerable queries.

Galleries of several sizes are drawn from held-out training photos. The queries for each are the
captions and short queries of its own photos, and captions of photos that are not in it, which no
photo there answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.data.features import some_captions
from fusion.data.short_queries import ShortQueries
from fusion.network.gallery import Gallery, embed_texts, first_scores
from fusion.network.network import Network, TextVectors
from fusion.runtime.standing import (
    SENTENCE_FACTS,
    STAGES,
    TERMS,
    Standing,
    brevity_of,
    facts_of,
    terms_of,
)
from fusion.training.gates import Embedded, HeldOut, score_parts_of_lists

__all__ = ["fit_standing"]

Array = NDArray[np.float32]

SIZES = (40, 100, 1000)
"""Sizes of the galleries, in photos; none exceeds the number of held-out photos."""
CANDIDATES, HITS, BACKGROUND = 100, 10, 256
QUERIES = 500
"""Most queries of each kind that are run on a gallery."""
RIDGE = 1e-3
CONSTANT = 1e-6
"""A fact with a smaller spread carries no information: before re-ranking, what the re-ranker adds
is always zero."""
MOST_COUNTED = 10
"""A short query counts once for each photo that it is true of, up to this limit. Most short queries
cut from captions are rare words, but people ask for common ones."""
OWN, STRANGE, SHORT = 1.0, 0.15, 2.0
"""Weights of the kinds of queries: a gallery's own captions, captions that no photo there answers,
and short queries. A larger second weight lowers the probabilities shown for the first kind. With a
weight as small as this one, still only one in six queries of the second kind is shown as a match
on the development photos."""
SEED = 23


class AskedTexts(NamedTuple):
    """Q texts and which of G photos they are true of."""

    texts: TextVectors
    right: Tensor
    """(Q, G) bool."""
    weight: float
    """Total weight of these texts."""


class HitRows(NamedTuple):
    """N hits as input of the regression."""

    full: Array
    """(N, FACTS), by re-ranked scores."""
    first: Array
    """(N, FACTS), by first-stage scores alone."""
    right: NDArray[np.bool_]
    weight: Array
    short: NDArray[np.bool_]
    """Whether the hit's query is a short one."""


@torch.inference_mode(mode=False)
def fit_standing(network: Network, held: Sequence[HeldOut], shorts: ShortQueries | None) -> None:
    """Fit how likely hits are right, after and before re-ranking; sets `network.standings`."""
    hit_rows = rows_of(network, held, shorts)
    weight = torch.from_numpy(np.concatenate([rows.weight for rows in hit_rows]))
    right = torch.from_numpy(np.concatenate([rows.right for rows in hit_rows])).float()
    short = np.concatenate([rows.short for rows in hit_rows])
    for stage in STAGES:
        facts = np.concatenate([getattr(rows, stage) for rows in hit_rows])
        network.standings[stage] = regression(facts, short, right, weight)


def rows_of(
    network: Network, held: Sequence[HeldOut], shorts: ShortQueries | None
) -> list[HitRows]:
    """Return the hits of all galleries, for queries that they can and cannot answer."""
    generator = torch.Generator().manual_seed(SEED)
    embedded = [Embedded.of(network, each.data) for each in held]
    rows = []
    for own, part in zip(embedded, held, strict=True):
        total = len(own.photos.vectors)
        strangers = [other.texts for other in embedded if other is not own]
        for size in sorted({min(size, total) for size in SIZES}):
            photos = torch.randperm(total, generator=generator)[:size]
            for texts in asked_of(network, own, part, shorts, photos, strangers, generator):
                if len(texts.right):
                    rows.append(ask(network, own.photos, photos, texts))
    return rows


def asked_of(
    network: Network, own: Embedded, part: HeldOut, shorts: ShortQueries | None, photos: Tensor,
    strangers: Sequence[TextVectors], generator: torch.Generator,
) -> list[AskedTexts]:  # fmt: skip
    """Return the queries for a gallery, by kind, at most `QUERIES` of each.

    These are captions of its photos, captions of photos that are not in it, and short queries.

    Args:
        network: embeds the short queries.
        own: the held-out collection that the gallery is drawn from.
        part: the same collection's rows in the training data.
        shorts: the training captions' short queries, if there are any.
        photos: rows of the gallery's photos in `own`.
        strangers: the captions of the other held-out collections.
        generator: draws the queries.
    """

    def some(count: int) -> Tensor:
        return torch.randperm(count, generator=generator)[:QUERIES]

    here = torch.isin(own.own, photos).nonzero().squeeze(1)
    here = here[some(len(here))]
    kinds = [AskedTexts(text_rows(own.texts, here), own.own[here].unsqueeze(1) == photos, OWN)]
    gone = (~torch.isin(own.own, photos)).nonzero().squeeze(1)
    gone = gone[some(len(gone))]
    absent = [text_rows(own.texts, gone)]
    absent += [text_rows(texts, some(len(texts.vectors))) for texts in strangers]
    kinds += [
        AskedTexts(texts, torch.zeros(len(texts.vectors), len(photos), dtype=torch.bool), STRANGE)
        for texts in absent
    ]
    if shorts is not None:
        queries = shorts.of_caption[part.captions].unique()
        queries = queries[queries >= 0]
        queries = queries[some(len(queries))]
        texts = embed_texts(network, some_captions(shorts.features, queries.numpy()))
        kinds.append(AskedTexts(texts, shorts.positive(queries, part.photos[photos]), SHORT))
    return kinds


def text_rows(texts: TextVectors, rows: Tensor) -> TextVectors:
    """Return some of the texts."""
    return TextVectors(*(column[rows] for column in texts))


def ask(network: Network, gallery: Gallery, photos: Tensor, texts: AskedTexts) -> HitRows:
    """Rank a gallery for each text, as a search does; return the first hits, by both stages."""
    here = Gallery(*(column[photos] for column in gallery))
    scores = first_scores(here, texts.texts)
    listed = scores.topk(min(CANDIDATES, len(photos)), dim=1)
    queries = torch.arange(len(scores)).unsqueeze(1).expand_as(listed.indices)
    parts = score_parts_of_lists(network, here, texts.texts, queries, listed.indices)
    full = network.combine(parts, short=texts.texts.short[queries]).numpy()
    first, right = listed.values.numpy(), texts.right.gather(1, listed.indices).numpy()
    spread = np.linspace(0, len(photos) - 1, min(BACKGROUND, len(photos))).astype(int)
    background = scores[:, spread].numpy()
    by_full, by_first, labels = [], [], []
    for row in range(len(scores)):
        known = (background[row], len(photos))
        words = int(texts.texts.bag[row].count_nonzero())
        brevity = brevity_of(bool(texts.texts.short[row]), words)
        top = np.argsort(-full[row], kind="stable")[:HITS]
        by_full.append(facts_of(full[row], first[row], *known, brevity=brevity)[top])
        by_first.append(facts_of(first[row], first[row], *known, brevity=brevity)[top])
        labels.append(right[row][top])
    short = texts.texts.short.numpy()
    counted = np.where(short, texts.right.sum(1).clamp(1, MOST_COUNTED).numpy(), 1)
    ranks = np.outer(counted, 1 / np.arange(1, len(labels[0]) + 1)).ravel()  # first hits weigh most
    return HitRows(
        np.concatenate(by_full),
        np.concatenate(by_first),
        np.concatenate(labels),
        (texts.weight * ranks / ranks.sum()).astype(np.float32),
        short.repeat(len(labels[0])),
    )


def regression(facts: Array, short: NDArray[np.bool_], right: Tensor, weight: Tensor) -> Standing:
    """Fit logistic regressions with a ridge: (N,) labels on `terms_of` the (N, FACTS) facts.

    Without short queries, they are judged as sentences are.
    """
    mean, spread = facts.mean(0), facts.std(0)
    spread[spread < CONSTANT] = 1.0
    terms = torch.from_numpy(terms_of((facts - mean) / spread, short)).float()
    solution = torch.zeros(TERMS + 1, requires_grad=True)
    solver = torch.optim.LBFGS([solution], max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        logits = terms @ solution[:-1] + solution[-1]
        lost = functional.binary_cross_entropy_with_logits(logits, right, reduction="none")
        loss = (lost * weight).sum() / weight.sum() + RIDGE * solution[:-1].square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    weights = solution.detach().numpy()
    if not short.any():
        weights[SENTENCE_FACTS : 2 * SENTENCE_FACTS] = weights[:SENTENCE_FACTS]
    return Standing(mean, spread, weights[:-1], float(weights[-1]))
