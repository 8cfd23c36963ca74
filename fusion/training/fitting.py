"""Fits after training: the banks, the re-ranker's gates, the calibration and the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.data.cca import LinearCCA
from fusion.data.features import (
    CaptionFeatures,
    PairData,
    PhotoFeatures,
    photo_input,
    subset,
    text_input,
)
from fusion.data.negatives import alike_photos, random_false_photos, top_of
from fusion.data.short_queries import ShortQueries
from fusion.graphs.cross_graph import with_whole
from fusion.network.calibration import best_threshold, fit_logistic
from fusion.network.gallery import (
    by_length,
    embed_photos,
    embed_texts,
    first_scores,
    pair_evidence,
    score_parts,
)
from fusion.network.look_alikes import Evidence
from fusion.network.network import GATES, Network, ScoreParts
from fusion.training.gates import Embedded, HeldOut, Lists, fit_gates
from fusion.training.recalls import Recalls, recalls_of

__all__ = [
    "bank_captions",
    "fill_banks",
    "fill_words",
    "first_recalls",
    "fit_gates_and_calibration",
    "list_recalls",
]

SEED = 5

Photos = NDArray[np.int64]


@torch.inference_mode()
def fill_banks(network: Network, train: PairData, rows: Tensor) -> None:
    """Fill the memory and hub banks from the training photos `rows` and their captions.

    The bank of captions holds one caption each of evenly spread photos. When training photos are
    embedded for the bank, their own captions are excluded from their neighbourhoods.
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
    """Return rows of the captions in the bank, one each of `size` evenly spread photos: (size,)."""
    _, first = np.unique(captions.photo_rows, return_index=True)
    each = int(np.bincount(captions.photo_rows).min())
    spread = torch.from_numpy(first + np.arange(len(first)) % each)
    return spread[torch.arange(size) * len(spread) // max(size, 1)]


def caption_vectors(network: Network, captions: CaptionFeatures) -> Tensor:
    """Embed M captions for the banks, without the parts that only a query needs: (M, D)."""
    vectors = torch.zeros(len(captions.texts), network.config.model.width)
    for rows in by_length(captions).split(250):
        vectors[rows] = network.dual.text(*network.reader.texts(text_input(captions, rows)))
    return vectors


def cross_nodes(network: Network, captions: CaptionFeatures, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cross-modal graph's nodes of the captions `rows` (K,): (K, T, Dn), (K, T) bool."""
    read = network.reader.texts(text_input(captions, rows))
    return network.cross.text(*read), with_whole(read.mask)


def bank_vectors(network: Network, photos: PhotoFeatures, rows: Tensor) -> Tensor:
    """Embed the training photos `rows` (N,) for the bank: (N, D), the mean over all their views.

    Indexed photos are embedded in one view only, to save time; the bank is computed just once.
    """
    vectors = []
    for own in torch.arange(len(rows)).split(100):
        count = max(len(photos.maps), len(photos.views) + 1)
        shown = (torch.full_like(own, view) for view in range(count))
        read = (network.reader.photos(photo_input(photos, rows[own], view)) for view in shown)
        views = [network.photo_vectors(nodes, own) for nodes in read]
        vectors.append(torch.stack(views).mean(0))
    return functional.normalize(torch.cat(vectors), dim=1)


@torch.inference_mode()
def fill_words(network: Network, captions: CaptionFeatures) -> None:
    """Fill the word graph from the captions to train on, and set the detector's prior from it."""
    network.words.fill(captions.texts, captions.photo_rows.tolist())
    network.detector.start(network.words.dense()[1])


def first_recalls(network: Network, data: PairData) -> Recalls:
    """Return the text-to-image recall of the first stage alone."""
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    scores = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows).unsqueeze(1)
    return recalls_of((scores > scores.gather(1, own)).sum(1))


def list_recalls(network: Network, data: PairData) -> Recalls:
    """Return the text-to-image recall after re-ranking each list, with the network's own gates."""
    return Lists.of(network, data).recalls(network)


def fit_gates_and_calibration(
    network: Network, held: Sequence[HeldOut], shorts: ShortQueries | None, negatives: LinearCCA
) -> dict[str, float]:
    """Fit the gates, the calibration and the look-alike test on held-out training photos.

    The gates are fitted on each text's nearest photos. Platt scaling and the threshold are fitted
    on one true and one random pair per caption, the look-alike test on the true pair and the most
    similar false ones by `negatives`. In the gates all collections have the same weight; in the
    other fits a collection counts by its number of pairs.

    Returns:
        The gates of all directions and the threshold, by name.
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

    parts: ScoreParts[Tensor]
    scores: Tensor
    evidence: Evidence
    labels: Tensor


def pairs_of(network: Network, data: PairData, negatives: LinearCCA | None) -> Pairs:
    """Pair each caption with its own photo and with false ones, and score the pairs.

    Args:
        network: scores the pairs.
        data: a collection.
        negatives: finds the most similar false photos of each caption; None to draw one at random.
    """
    embedded = Embedded.of(network, data)
    own = np.asarray(data.captions.photo_rows)
    photos = len(data.photos.regions)
    if negatives is None:
        false = random_false_photos(own, photos, SEED)[:, None]
    else:
        false = alike_photos(negatives.similarity(data), own, top_of(photos))
    captions, shown, labels = labelled_pairs(own, false)
    parts = score_parts(network, embedded.photos, embedded.texts, captions, shown)
    scores = network.combine(parts, short=embedded.texts.short[captions])
    evidence = pair_evidence(network, embedded.photos, embedded.texts, captions, shown)
    return Pairs(parts, scores, evidence, labels)


def labelled_pairs(own: Photos, false: Photos) -> tuple[Tensor, Tensor, Tensor]:
    """Pair each caption with its own photo, then with its false ones.

    Args:
        own: (M,) each caption's photo.
        false: (M, F) photos that are not the caption's own.

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
