"""What is fitted after training: banks, the re-ranker's gates, calibration, the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.calibration import best_threshold, fit_logistic
from fusion.cca import LinearCCA
from fusion.features import (
    CaptionFeatures,
    PairData,
    PhotoFeatures,
    photo_input,
    some_captions,
    subset,
    text_input,
)
from fusion.look_alikes import Evidence
from fusion.negatives import alike_photos, random_false_photos, top_of
from fusion.network import GATES, Network, PairParts, TextVectors
from fusion.reranker import with_whole
from fusion.scoring import (
    Gallery,
    by_length,
    embed_photos,
    embed_texts,
    first_scores,
    pair_evidence,
    pair_parts,
)
from fusion.short_queries import ShortQueries

__all__ = [
    "Held",
    "Recalls",
    "bank_captions",
    "fill_banks",
    "fill_words",
    "first_recalls",
    "fit_gates_and_calibration",
    "held_parts",
    "list_recalls",
]

LIST, FITTED_LIST = 50, 20
FEWEST_HELD = 50
"""A held-out part of fewer photos is no gallery to fit on by itself."""
RIDGE = 1e-4
SEED = 5

Photos = NDArray[np.int64]


@dataclass(frozen=True)
class Recalls:
    """Recall@1, 5 and 10 as percentages."""

    at_1: float
    at_5: float
    at_10: float

    @property
    def total(self) -> float:
        """The sum that early stopping goes by."""
        return self.at_1 + self.at_5 + self.at_10

    def rounded(self) -> dict[str, float]:
        """Give the measures by their usual names."""
        values = {"R@1": self.at_1, "R@5": self.at_5, "R@10": self.at_10}
        return {name: round(value, 2) for name, value in values.items()}

    def line(self) -> str:
        """Give the measures in a few words."""
        return f"R@1 {self.at_1:.1f}, R@5 {self.at_5:.1f}, R@10 {self.at_10:.1f}"


@torch.inference_mode()
def fill_banks(network: Network, train: PairData, rows: Tensor) -> None:
    """Fill memory and hub banks from the training photos `rows` and their captions.

    The bank of captions holds one caption of evenly spread photos; a training photo's own captions
    have no part in its own neighbourhood.
    """
    network.eval()
    data = subset(train, rows)
    texts = caption_vectors(network, data.captions)
    owners = torch.from_numpy(data.captions.photo_rows)
    means = torch.zeros(len(rows), texts.shape[1]).index_add(0, owners, texts)
    keys = [
        network.keys(network.reader.photos(photo_input(data.photos, part)))
        for part in torch.arange(len(rows)).split(100)
    ]
    network.memory.fill(torch.cat(keys), means)
    bank = bank_captions(data.captions, network.config.captions_bank)
    network.photo_hub.fill(texts[bank])
    network.cross_hub.fill(*cross_nodes(network, data.captions, bank))
    network.text_hub.fill(bank_vectors(network, train.photos, rows))
    sample = len(network.detector.sample)
    spread = rows[torch.arange(sample) * len(rows) // max(sample, 1)]
    if sample:
        nodes = network.photos(photo_input(train.photos, spread)).nodes
        network.detector.keep_sample(network.detector.odds(nodes))


def bank_captions(captions: CaptionFeatures, size: int) -> Tensor:
    """Rows of the captions in the bank, one each of `size` evenly spread photos: -> (size,)."""
    _, first = np.unique(captions.photo_rows, return_index=True)
    each = int(np.bincount(captions.photo_rows).min())
    spread = torch.from_numpy(first + np.arange(len(first)) % each)
    return spread[torch.arange(size) * len(spread) // max(size, 1)]


def caption_vectors(network: Network, captions: CaptionFeatures) -> Tensor:
    """Embed M captions for the banks, without what only a query needs: (M, D)."""
    vectors = torch.zeros(len(captions.texts), network.config.model.width)
    for rows in by_length(captions).split(250):
        vectors[rows] = network.dual.text(*network.reader.texts(text_input(captions, rows)))
    return vectors


def cross_nodes(network: Network, captions: CaptionFeatures, rows: Tensor) -> tuple[Tensor, Tensor]:
    """The captions `rows` (K,) as the cross-modal graph reads them: (K, T, Dn), (K, T) bool."""
    read = network.reader.texts(text_input(captions, rows))
    return network.cross.text(*read), with_whole(read.mask)


def bank_vectors(network: Network, photos: PhotoFeatures, rows: Tensor) -> Tensor:
    """Embed the training photos `rows` (N,) for the bank: (N, D), the mean over all their views.

    A photo that is searched has one view, for the sake of time; here time is spent once.
    """
    vectors = []
    for own in torch.arange(len(rows)).split(100):
        views = max(len(photos.maps), len(photos.views) + 1)
        shown = (torch.full_like(own, view) for view in range(views))
        read = (network.reader.photos(photo_input(photos, rows[own], view)) for view in shown)
        views = [network.photo_vectors(nodes, own) for nodes in read]
        vectors.append(torch.stack(views).mean(0))
    return functional.normalize(torch.cat(vectors), dim=1)


@torch.inference_mode()
def fill_words(network: Network, captions: CaptionFeatures) -> None:
    """Fill the word graph from the captions that are trained on, and tell the detector."""
    network.words.fill(captions.texts, captions.photo_rows.tolist())
    network.detector.start(network.words.dense()[1])


def first_recalls(network: Network, data: PairData) -> Recalls:
    """Text-to-image recall of the first stage alone."""
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    scores = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows).unsqueeze(1)
    return recalls_of((scores > scores.gather(1, own)).sum(1))


def list_recalls(network: Network, data: PairData) -> Recalls:
    """Text-to-image recall after re-ranking each list, with the network's own gates."""
    return Lists.of(network, data).recalls(network)


def recalls_of(better: Tensor) -> Recalls:
    """Recall from (Q,) counts of photos that scored above the right one."""
    return Recalls(*(100.0 * (better < k).float().mean().item() for k in (1, 5, 10)))


class Held(NamedTuple):
    """Photos of a collection that were held out of training, and their captions."""

    data: PairData
    photos: Tensor
    """Their rows in what is trained on."""
    captions: Tensor
    """Likewise."""

    @classmethod
    def of(cls, train: PairData, rows: Tensor) -> Held:
        """Take the photos `rows`."""
        captions = np.flatnonzero(np.isin(train.captions.photo_rows, rows.numpy()))
        return cls(subset(train, rows), rows, torch.from_numpy(captions))


def held_parts(train: PairData, held: Sequence[Tensor]) -> list[Held]:
    """The held-out parts to fit on: each that is large enough, or all together if none is."""
    large = [rows for rows in held if len(rows) >= FEWEST_HELD]
    return [Held.of(train, rows) for rows in large or [torch.cat(list(held))]]


class Embedded(NamedTuple):
    """A collection of held-out photos, embedded, and its captions."""

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
    """Each query's nearest photos by first-stage score, and what re-ranks them: (Q, K) each."""

    parts: PairParts[Tensor]
    right: Tensor
    """True where the photo is one of the query's own; false all along where none is listed."""
    rows: Tensor
    """The listed photos."""

    @classmethod
    def of(cls, network: Network, data: PairData, *, captions: bool = False) -> Lists:
        """Every caption of a collection held against all its photos, or the other way round."""
        found = Embedded.of(network, data)
        right = found.own.unsqueeze(1) == torch.arange(len(found.photos.vectors))
        return cls.among(network, found.photos, found.texts, right, captions=captions)

    @classmethod
    def among(
        cls, network: Network, photos: Gallery, texts: TextVectors, right: Tensor,
        *, captions: bool = False,
    ) -> Lists:  # fmt: skip
        """Q texts held against G photos, of which `right` (Q, G) are theirs, or turned round."""
        first = first_scores(photos, texts)
        if captions:
            first, right = first.T, right.T
        listed = first.topk(min(LIST, first.shape[1]), dim=1).indices
        rows = torch.arange(len(first)).unsqueeze(1).expand_as(listed)
        q, g = (listed, rows) if captions else (rows, listed)
        parts = pair_parts_of(network, photos, texts, q, g)
        return cls(parts, right.gather(1, listed), listed)

    def recalls(self, network: Network) -> Recalls:
        """Recall with the network's gates, of captions that look for their photos."""
        scores = network.combine(self.parts)
        target = scores.masked_fill(~self.right, -torch.inf).amax(1, keepdim=True)
        better = (scores > target).sum(1)
        return recalls_of(better.masked_fill(~self.right.any(1), scores.shape[1]))


def pair_parts_of(
    network: Network, photos: Gallery, texts: TextVectors, q: Tensor, g: Tensor
) -> PairParts[Tensor]:
    """`pair_parts` of lists of one shape: (Q, K) texts and photos -> (Q, K) each."""
    parts = pair_parts(network, photos, texts, q.flatten(), g.flatten())
    return PairParts(*(part.view(q.shape) for part in parts))


def gates_of(lists: Sequence[Lists]) -> Tensor:
    """Each graph's weight over the first stage's, by conditional logistic regression.

    Of the first 20 of a list a right one is the choice (McFadden, 1974), the other right ones being
    no alternatives; a graph that would speak against it gets 0. Every collection counts as much as
    every other. Gives (F,) float32.
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
    """Weights (F,) that make the right choices likeliest, lightly ridged.

    Args:
        scores: (Q, K, F) float32, of lists of one length.
        right: (Q, K) bool; each right one is a choice among it and all wrong ones.
        weight: (Q,) float32, what each list counts; None for all alike.
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


def fit_gates(network: Network, held: Sequence[Held], shorts: ShortQueries | None) -> None:
    """Fit the gates of both directions, and of short queries, on held-out photos."""
    embedded = [Embedded.of(network, each.data) for each in held]
    rights = [each.own.unsqueeze(1) == torch.arange(len(each.photos.vectors)) for each in embedded]
    pairs = list(zip(embedded, rights, strict=True))
    forward = [Lists.among(network, e.photos, e.texts, right) for e, right in pairs]
    gates = gates_of(forward)
    for name, gate in zip(GATES, gates, strict=True):
        getattr(network, name).copy_(gate)
    backward = [Lists.among(network, e.photos, e.texts, r, captions=True) for e, r in pairs]
    network.caption_gates.copy_(gates_of(backward))
    network.short_gates.copy_(gates)
    if shorts is None:
        return
    short = [
        short_lists(network, found, shorts, each)
        for found, each in zip(embedded, held, strict=True)
    ]
    if all(each.right.any() for each in short):
        network.short_gates.copy_(gates_of(short))


def short_lists(network: Network, found: Embedded, shorts: ShortQueries, held: Held) -> Lists:
    """The short queries of a held-out collection held against its photos."""
    queries = shorts.of_caption[held.captions].unique()
    queries = queries[queries >= 0]
    texts = embed_texts(network, some_captions(shorts.features, queries.numpy()))
    right = shorts.positive(queries, held.photos)
    return Lists.among(network, found.photos, texts, right)


def fit_gates_and_calibration(
    network: Network, held: Sequence[Held], shorts: ShortQueries | None, negatives: LinearCCA
) -> dict[str, float]:
    """Fit on held-out training photos what is fitted and not trained; gives what was found.

    The gates see each text's nearest photos. Platt scaling and the threshold see one true and
    one random pair for each caption; the test for look-alikes sees the true pair and the most alike
    false ones by `negatives`. All of it is fitted to each collection as much as to every other.
    """
    fit_gates(network, held, shorts)
    random_pairs = [pairs_of(network, each.data, None) for each in held]
    alike_pairs = [pairs_of(network, each.data, negatives) for each in held]
    first, full, labels = (
        torch.cat(part)
        for part in zip(*((p.parts.first, p.scores, p.labels) for p in random_pairs), strict=True)
    )
    calibration = network.calibration
    calibration.first.copy_(fit_logistic(first, labels.float()))
    calibration.full.copy_(fit_logistic(full, labels.float()))
    calibration.threshold.fill_(best_threshold(full, labels))
    evidence = Evidence(
        *(torch.cat(part) for part in zip(*(pair.evidence for pair in alike_pairs), strict=True))
    )
    network.look_alikes.fit(evidence, torch.cat([pair.labels for pair in alike_pairs]))
    return {
        **{name: round(getattr(network, name).item(), 4) for name in GATES},
        **{
            f"{kind} {name}": round(gate, 4)
            for kind in ("caption", "short")
            for name, gate in zip(GATES, getattr(network, f"{kind}_gates").tolist(), strict=True)
        },
        "threshold": calibration.threshold.item(),
    }


class Pairs(NamedTuple):
    """True and false pairs of one collection, (N,) each."""

    parts: PairParts[Tensor]
    scores: Tensor
    evidence: Evidence
    labels: Tensor


def pairs_of(network: Network, data: PairData, negatives: LinearCCA | None) -> Pairs:
    """Each caption with its own photo and with a false one, at random or the most alike."""
    found = Embedded.of(network, data)
    own = np.asarray(data.captions.photo_rows)
    photos = len(data.photos.regions)
    if negatives is None:
        false = random_false_photos(own, photos, SEED)[:, None]
    else:
        false = alike_photos(negatives.similarity(data), own, top_of(photos))
    captions, shown, labels = labelled_pairs(own, false)
    parts = pair_parts(network, found.photos, found.texts, captions, shown)
    scores = network.combine(parts, short=found.texts.short[captions])
    evidence = pair_evidence(network, found.photos, found.texts, captions, shown)
    return Pairs(parts, scores, evidence, labels)


def labelled_pairs(own: Photos, false: Photos) -> tuple[Tensor, Tensor, Tensor]:
    """Each caption with its own photo, then with its false ones.

    Args:
        own: (M,) each caption's photo.
        false: (M, F) photos that are not.

    Returns:
        (M + M * F,) each: rows of captions, rows of photos, and whether they belong together.
    """
    captions = torch.arange(len(own))
    count = false.shape[1]
    return (
        torch.cat([captions, captions.repeat_interleave(count)]),
        torch.from_numpy(np.concatenate([own, false.ravel()])),
        torch.arange(len(own) * (1 + count)) < len(own),
    )
