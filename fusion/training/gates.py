"""The gates, i.e. the weight of each re-ranking graph, fitted on photos held out of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.data.features import PairData, some_captions, subset
from fusion.data.short_queries import ShortQueries
from fusion.network.gallery import Gallery, embed_photos, embed_texts, first_scores, score_parts
from fusion.network.network import GATES, Network, ScoreParts, TextVectors
from fusion.training.recalls import Recalls, recalls_of

__all__ = [
    "Embedded",
    "HeldOut",
    "Lists",
    "fit_gates",
    "gates_of",
    "held_out_parts",
    "score_parts_of_lists",
]

LIST, FITTED_LIST = 50, 20
FEWEST_HELD = 50
"""A held-out part with fewer photos is too small a gallery to fit on by itself."""
RIDGE = 1e-4

FACTORS = (1.0, 0.5, 0.5, 1.5)
"""Factors on the fitted gates of texts that search photos, in the order of `GATES`.

The word detector and the cross-modal graph read regions of an image encoder that may have been
tuned on the held-out photos, too, and seem worth more on these than they are on others. The factors
were chosen on the development photos of Flickr8k and COCO. With 0.5, 1 or 1.5 for words, 0.25, 0.5
or 0.75 for each of these two, and 1, 1.5 or 2 for classes, 62 of 81 choices give a higher R@1 on
both than the fit alone.
"""


class HeldOut(NamedTuple):
    """Photos of a collection that were held out of training, and their captions."""

    data: PairData
    photos: Tensor
    """(H,) int64, the photos' rows in the training data."""
    captions: Tensor
    """The captions' rows in the training data, int64."""

    @classmethod
    def of(cls, train: PairData, rows: Tensor) -> HeldOut:
        """Return the photos `rows` of the training data, with their captions."""
        captions = np.flatnonzero(np.isin(train.captions.photo_rows, rows.numpy()))
        return cls(subset(train, rows), rows, torch.from_numpy(captions))


def held_out_parts(train: PairData, held: Sequence[Tensor]) -> list[HeldOut]:
    """Return the held-out parts to fit on: all that are large enough; if none is, all as one."""
    large = [rows for rows in held if len(rows) >= FEWEST_HELD]
    return [HeldOut.of(train, rows) for rows in large or [torch.cat(list(held))]]


class Embedded(NamedTuple):
    """A collection of held-out photos and their captions, embedded."""

    photos: Gallery
    texts: TextVectors
    own: Tensor
    """(M,) int64, each caption's photo."""

    @classmethod
    def of(cls, network: Network, data: PairData) -> Embedded:
        """Embed a collection."""
        own = torch.from_numpy(np.asarray(data.captions.photo_rows))
        return cls(embed_photos(network, data.photos), embed_texts(network, data.captions), own)


@dataclass(frozen=True)
class Lists:
    """Each query's K nearest items by first-stage score, with all parts of their scores.

    The queries are texts and the items photos, or the other way round. All tensors are (Q, K).
    """

    parts: ScoreParts[Tensor]
    right: Tensor
    """True where the item belongs to the query; a row is all false if no such item is listed."""
    rows: Tensor
    """Rows of the listed items."""

    @classmethod
    def of(cls, network: Network, data: PairData, *, captions: bool = False) -> Lists:
        """Return the nearest photos of every caption of a collection.

        With `captions`, return the nearest captions of every photo instead.
        """
        embedded = Embedded.of(network, data)
        right = embedded.own.unsqueeze(1) == torch.arange(len(embedded.photos.vectors))
        return cls.among(network, embedded.photos, embedded.texts, right, captions=captions)

    @classmethod
    def among(
        cls, network: Network, photos: Gallery, texts: TextVectors, right: Tensor,
        *, captions: bool = False,
    ) -> Lists:  # fmt: skip
        """Return the nearest of G photos for each of Q texts; `right` (Q, G) marks true pairs.

        With `captions`, return the nearest texts of each photo instead.
        """
        first = first_scores(photos, texts)
        if captions:
            first, right = first.T, right.T
        listed = first.topk(min(LIST, first.shape[1]), dim=1).indices
        rows = torch.arange(len(first)).unsqueeze(1).expand_as(listed)
        q, g = (listed, rows) if captions else (rows, listed)
        parts = score_parts_of_lists(network, photos, texts, q, g)
        return cls(parts, right.gather(1, listed), listed)

    def recalls(self, network: Network) -> Recalls:
        """Return the text-to-image recall with the network's gates.

        A query none of whose photos is listed counts as a miss.
        """
        scores = network.combine(self.parts)
        target = scores.masked_fill(~self.right, -torch.inf).amax(1, keepdim=True)
        better = (scores > target).sum(1)
        return recalls_of(better.masked_fill(~self.right.any(1), scores.shape[1]))


def score_parts_of_lists(
    network: Network, photos: Gallery, texts: TextVectors, q: Tensor, g: Tensor
) -> ScoreParts[Tensor]:
    """Return `score_parts` of pairs given as (Q, K) rows of texts and of photos: (Q, K) each."""
    parts = score_parts(network, photos, texts, q.flatten(), g.flatten())
    return ScoreParts(*(part.view(q.shape) for part in parts))


def gates_of(lists: Sequence[Lists]) -> Tensor:
    """Fit each graph's weight, relative to the first stage's, by conditional logistic regression.

    A right item is the choice (McFadden, 1974) among the first 20 of a list; other right items of
    the list are not alternatives to it. A graph whose weight would be negative gets 0. All
    collections have the same total weight.

    Returns:
        (F,) float32, in the order of `GATES`.
    """
    right = torch.cat([each.right[:, :FITTED_LIST] for each in lists])
    scores = torch.cat([torch.stack(each.parts, dim=-1)[:, :FITTED_LIST] for each in lists])
    weight = torch.cat(
        [torch.full((len(each.right),), 1 / max(int(each.right.sum()), 1)) for each in lists]
    )
    spread = (scores - scores.mean(1, keepdim=True)).flatten(0, 1).std(0).clamp_min(1e-9)
    weights = fit_choice(scores / spread, right, weight) / spread
    return (weights / weights[0].clamp_min(1e-9)).clamp_min(0.0)[1:]


def fit_choice(scores: Tensor, right: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the weights (F,) that make the right choices most likely, with a light ridge.

    Args:
        scores: (Q, K, F) float32, of lists of one length.
        right: (Q, K) bool; each right item is a choice between itself and all wrong ones.
        weight: (Q,) float32, the weight of each list; None for equal weights.
    """
    rows, chosen = right.nonzero(as_tuple=True)
    counted = torch.ones(len(rows)) if weight is None else weight[rows]
    others = right[rows] & (torch.arange(right.shape[1]) != chosen.unsqueeze(1))
    weights = torch.zeros(scores.shape[2], requires_grad=True)
    solver = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        logits = (scores @ weights)[rows].masked_fill(others, -torch.inf)
        lost = functional.cross_entropy(logits, chosen, reduction="none")
        loss = (lost * counted).sum() / counted.sum()
        loss = loss + RIDGE * weights.square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    return weights.detach()


def fit_gates(network: Network, held: Sequence[HeldOut], shorts: ShortQueries | None) -> None:
    """Fit the gates of both directions, and those of short queries, on held-out photos.

    Short queries get the gates of captions where no list of theirs can be fitted.
    """
    embedded = [Embedded.of(network, each.data) for each in held]
    rights = [each.own.unsqueeze(1) == torch.arange(len(each.photos.vectors)) for each in embedded]
    pairs = list(zip(embedded, rights, strict=True))
    forward = [Lists.among(network, e.photos, e.texts, right) for e, right in pairs]
    gates = gates_of(forward) * torch.tensor(FACTORS)
    for name, gate in zip(GATES, gates, strict=True):
        getattr(network, name).copy_(gate)
    backward = [Lists.among(network, e.photos, e.texts, r, captions=True) for e, r in pairs]
    network.caption_gates.copy_(gates_of(backward))
    network.short_gates.copy_(gates)
    if shorts is None:
        return
    short = [
        short_lists(network, collection, shorts, each)
        for collection, each in zip(embedded, held, strict=True)
    ]
    if all(each.right.any() for each in short):
        network.short_gates.copy_(gates_of(short))


def short_lists(network: Network, embedded: Embedded, shorts: ShortQueries, held: HeldOut) -> Lists:
    """Return the nearest photos of a held-out collection for each of its short queries."""
    queries = shorts.of_caption[held.captions].unique()
    queries = queries[queries >= 0]
    texts = embed_texts(network, some_captions(shorts.features, queries.numpy()))
    right = shorts.positive(queries, held.photos)
    return Lists.among(network, embedded.photos, texts, right)
