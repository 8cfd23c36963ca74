"""Applies a network to a captioned collection: embeds all photos and captions, and scores pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.data.features import CaptionFeatures, PhotoFeatures, photo_input, text_input
from fusion.network.look_alikes import Evidence
from fusion.network.network import Network, PhotoVectors, ScoreParts, TextVectors
from fusion.progress_callback import Progress
from fusion.runtime.packing import unpack_classes, unpack_edges

__all__ = [
    "Gallery",
    "Matrix",
    "Progress",
    "by_length",
    "embed_photos",
    "embed_texts",
    "first_scores",
    "nearest_pairs",
    "pair_evidence",
    "pair_logits",
    "pair_scores",
    "place",
    "rerank",
    "score_parts",
]

CANDIDATES = 50
BLOCK = 1024
Matrix = NDArray[np.float32]


class Gallery(NamedTuple):
    """N embedded photos, with values that an index need not store because they can be derived."""

    vectors: Tensor
    """(N, D). This and the next three fields are as in `PhotoVectors`; an index stores them."""
    hub: Tensor
    nodes: Tensor
    cross_hub: Tensor
    odds: Tensor
    """(N, V) float32, log odds of each word of the vocabulary from the word graph."""
    detected: Tensor
    """(N, V) float32, the same from the word detector."""
    classes: Tensor
    """(N, C) int64. This and the next field are as in `PhotoVectors`."""
    class_shares: Tensor


@torch.inference_mode()
def embed_photos(
    network: Network, photos: PhotoFeatures, own: Tensor | None = None, block: int = 100,
    progress: Progress | None = None,
) -> Gallery:  # fmt: skip
    """Embed all photos; `own` (N,) holds their rows in the memory, for training photos only."""
    parts = []
    for rows in torch.arange(len(photos.regions)).split(block):
        parts.append(network.photos(photo_input(photos, rows), None if own is None else own[rows]))
        if progress:
            progress(int(rows[-1]) + 1, len(photos.regions), "photos embedded")
    vectors = PhotoVectors(*(torch.cat(column) for column in zip(*parts, strict=True)))
    # The edges are rounded as an index returns them; the nodes are rounded already.
    packed, layout = network.pack(vectors), network.layout
    kept = (torch.from_numpy(each) for each in unpack_edges(packed, layout))
    shown = (torch.from_numpy(each) for each in unpack_classes(packed, layout))
    detected = [network.detector.odds(part) for part in vectors.nodes.split(block)]
    return Gallery(*vectors[:4], network.words.along(*kept), torch.cat(detected), *shown)


@torch.inference_mode()
def embed_texts(network: Network, captions: CaptionFeatures, block: int = 250) -> TextVectors:
    """Embed all captions."""
    order = by_length(captions)
    parts = [
        network.texts(text_input(captions, rows), [captions.texts[row] for row in rows.tolist()])
        for rows in order.split(block)
    ]
    longest = max(part.mask.shape[1] for part in parts)
    padded = [
        part._replace(
            nodes=functional.pad(part.nodes, (0, 0, 0, longest - part.mask.shape[1])),
            mask=functional.pad(part.mask, (0, longest - part.mask.shape[1])),
        )
        for part in parts
    ]
    back = order.argsort()
    return TextVectors(*(torch.cat(column)[back] for column in zip(*padded, strict=True)))


def by_length(captions: CaptionFeatures) -> Tensor:
    """Return the rows of captions, shortest first: blocks of similar lengths need less padding."""
    return torch.from_numpy(np.argsort(captions.mask.sum(1), kind="stable"))


def first_scores(photos: Gallery, texts: TextVectors) -> Tensor:
    """Return first-stage scores (Q, G): the cosines less both sides' hub corrections."""
    return texts.vectors @ photos.vectors.T - photos.hub - texts.hub.unsqueeze(1)


@torch.inference_mode()
def score_parts(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor, logits: Tensor | None = None,
) -> ScoreParts[Tensor]:  # fmt: skip
    """Return the parts that `Network.combine` adds up, for N pairs given as rows: (N,) each.

    `logits` (N,) are the result of `pair_logits`, if it is known already.
    """
    if logits is None:
        logits = pair_logits(network, photos, texts, text_rows, photo_rows)
    parts = []
    blocks = (rows.split(BLOCK) for rows in (text_rows, photo_rows, logits))
    for q, g, given in zip(*blocks, strict=True):
        vectors = photos.vectors[g]
        first = (texts.vectors[q] * vectors).sum(1) - photos.hub[g] - texts.hub[q]
        worded = (texts.bag[q] * photos.odds[g]).sum(1) - texts.bag_hub[q]
        detected = (texts.bag[q] * photos.detected[g]).sum(1) - texts.detected_hub[q]
        classed = network.paths(photos.classes[g], photos.class_shares[g], texts.classes[q])
        parts.append(ScoreParts(first, worded, detected, given - photos.cross_hub[g], classed))
    return ScoreParts(*(torch.cat(column) for column in zip(*parts, strict=True)))


@torch.inference_mode()
def pair_logits(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor,
) -> Tensor:  # fmt: skip
    """Return the cross-modal graph's logits of N pairs, given as rows: (N,)."""
    logits = [photos.vectors.new_zeros(0)]
    for q, g in zip(text_rows.split(BLOCK), photo_rows.split(BLOCK), strict=True):
        mask = texts.mask[q]
        longest = int(mask.sum(1).max()) if len(q) else 0
        words = texts.nodes[q, :longest]
        logits.append(network.cross.pairs(words, mask[:, :longest], photos.nodes[g]))
    return torch.cat(logits)


def pair_scores(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor, *, captions: bool = False,
) -> Tensor:  # fmt: skip
    """Return final scores of N pairs, given as rows: (N,); `captions` as in `Network.combine`."""
    parts = score_parts(network, photos, texts, text_rows, photo_rows)
    return network.combine(parts, captions=captions, short=texts.short[text_rows])


def pair_evidence(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor, photo_rows: Tensor
) -> Evidence:
    """Return what `LookAlikeTest` reads of N pairs, given as rows: (N,) each."""
    return Evidence(
        pair_scores(network, photos, texts, text_rows, photo_rows),
        texts.hub[text_rows],
        texts.bag_hub[text_rows],
        texts.detected_hub[text_rows],
        photos.hub[photo_rows],
        photos.cross_hub[photo_rows],
    )


def nearest_pairs(first: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return the pairs to re-rank, given first-stage scores (Q, G).

    `dim` 1 lists the 50 photos nearest to each caption, 0 the 50 captions nearest to each photo.
    The pairs come as rows of captions and rows of photos, (N,) int64 each.
    """
    listed = first.topk(min(CANDIDATES, first.shape[dim]), dim=dim).indices
    if dim == 1:
        return torch.arange(len(first)).unsqueeze(1).expand_as(listed).flatten(), listed.flatten()
    return listed.flatten(), torch.arange(first.shape[1]).expand_as(listed).flatten()


def rerank(
    network: Network, photos: Gallery, texts: TextVectors, first: Tensor, dim: int,
    progress: Progress | None,
) -> Tensor:  # fmt: skip
    """Re-rank the lists of `nearest_pairs`: (Q, G) -> (Q, G), with all other pairs below them."""
    q, g = nearest_pairs(first, dim)
    parts = []
    for start in range(0, len(q), 8192):
        stop = start + 8192
        rows = q[start:stop], g[start:stop]
        parts.append(pair_scores(network, photos, texts, *rows, captions=dim == 0))
        if progress:
            progress(min(stop, len(q)), len(q), "re-ranked pairs")
    return place(first, q, g, torch.cat(parts), dim)


def place(first: Tensor, q: Tensor, g: Tensor, scored: Tensor, dim: int) -> Tensor:
    """Put the final scores (N,) into the listed cells and push all others below each list."""
    lists = torch.full_like(first, torch.inf)
    lists[q, g] = scored
    lowest = lists.amin(dim, keepdim=True)
    others = first - first.amax(dim, keepdim=True) + lowest - 1.0
    return torch.where(lists.isinf(), others, lists)
