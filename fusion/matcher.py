"""A trained model over a whole captioned collection: every caption's score with every photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_network,
    read_checkpoint,
    shipped_checkpoint,
)
from fusion.features import CaptionFeatures, PairData, PhotoFeatures, photo_input, text_input
from fusion.network import Network, PairParts, TextVectors

__all__ = ["GraphMatcher", "Matcher", "PairScores", "load_matcher"]

CANDIDATES = 50
Matrix = NDArray[np.float32]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PairScores:
    """Scores of Q captions with G photos, higher is nearer: (Q, G) float32 each."""

    first_stage_text_to_image: Matrix
    first_stage_image_to_text: Matrix
    reranked_text_to_image: Matrix | None
    reranked_image_to_text: Matrix | None
    match: Callable[[NDArray[np.int64], NDArray[np.int64]], Matrix]
    """(N,) rows of captions, (N,) rows of photos -> (N,) scores, to hold against the threshold."""


class Gallery(NamedTuple):
    """N embedded photos, with what an index needn't keep because it follows from the vectors."""

    vectors: Tensor
    """(N, D), and the next two as in `PhotoVectors`."""
    hub: Tensor
    nodes: Tensor
    odds: Tensor
    """(N, V) float32, log odds of each word of the vocabulary."""


class Matcher(Protocol):
    """What an evaluation reads of a model."""

    @property
    def name(self) -> str:
        """The model's kind."""

    @property
    def encoders(self) -> str:
        """The preset of its encoders."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of weights, configuration and encoders."""

    @property
    def threshold(self) -> float:
        """Match scores above it count as a match; fitted on held-out training photos."""

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo."""


class GraphMatcher:
    """The two stages of a `crossgraph` checkpoint over cached features."""

    def __init__(self, network: Network, encoders: str, fingerprint: str) -> None:
        self.network = network.eval()
        self.name = "crossgraph"
        self.encoders = encoders
        self.fingerprint = fingerprint
        self.threshold = float(network.calibration.threshold)

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo; the re-ranker sees each list's top 50."""
        photos = embed_photos(self.network, data.photos, progress=progress)
        texts = embed_texts(self.network, data.captions)
        first = first_scores(photos, texts)
        by_text = rerank_lists(self.network, photos, texts, first, progress)
        by_photo = rerank_columns(self.network, photos, texts, first, progress)

        def match(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            q, g = torch.from_numpy(text_rows), torch.from_numpy(photo_rows)
            found: Matrix = pair_scores(self.network, photos, texts, q, g).numpy()
            return found

        return PairScores(first.numpy(), first.numpy(), by_text.numpy(), by_photo.numpy(), match)


@torch.inference_mode()
def embed_photos(
    network: Network, photos: PhotoFeatures, own: Tensor | None = None, block: int = 100,
    progress: Progress | None = None,
) -> Gallery:  # fmt: skip
    """Embed all photos; `own` (N,) are their rows in the memory, for training photos only."""
    parts = []
    for rows in torch.arange(len(photos.regions)).split(block):
        parts.append(network.photos(photo_input(photos, rows), None if own is None else own[rows]))
        if progress:
            progress("photos embedded", int(rows[-1]) + 1, len(photos.regions))
    vectors, hub, nodes = (torch.cat(column) for column in zip(*parts, strict=True))
    return Gallery(vectors, hub, nodes, network.odds(vectors))


@torch.inference_mode()
def embed_texts(network: Network, captions: CaptionFeatures, block: int = 250) -> TextVectors:
    """Embed all captions."""
    # Captions of one length share a block, so that little of it is padding.
    order = torch.from_numpy(np.argsort(captions.mask.sum(1), kind="stable"))
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


def first_scores(photos: Gallery, texts: TextVectors) -> Tensor:
    """(Q, G): cosine, less what is due to either side being a hub."""
    return texts.vectors @ photos.vectors.T - photos.hub - texts.hub.unsqueeze(1)


@torch.inference_mode()
def pair_parts(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor,
) -> PairParts:  # fmt: skip
    """What `Network.combine` puts together, of (N,) pairs: (N,) each."""
    parts = []
    for q, g in zip(text_rows.split(1024), photo_rows.split(1024), strict=True):
        mask = texts.mask[q]
        longest = int(mask.sum(1).max())
        words = texts.nodes[q, :longest]
        vectors = photos.vectors[g]
        first = (texts.vectors[q] * vectors).sum(1) - photos.hub[g] - texts.hub[q]
        recalled = (texts.recalled[q] * vectors).sum(1) - texts.recalled_hub[q]
        worded = (texts.bag[q] * photos.odds[g]).sum(1) - texts.bag_hub[q]
        logits = network.cross.pairs(words, mask[:, :longest], photos.nodes[g])
        parts.append(PairParts(first, recalled, worded, logits))
    return PairParts(*(torch.cat(column) for column in zip(*parts, strict=True)))


def pair_scores(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor,
) -> Tensor:  # fmt: skip
    """Final scores of (N,) pairs: -> (N,)."""
    return network.combine(pair_parts(network, photos, texts, text_rows, photo_rows))


def rerank_lists(
    network: Network, photos: Gallery, texts: TextVectors, first: Tensor,
    progress: Progress | None,
) -> Tensor:  # fmt: skip
    """Re-rank each caption's nearest photos: (Q, G) -> (Q, G), all others kept below them."""
    nearest = first.topk(min(CANDIDATES, first.shape[1]), dim=1).indices
    rows = torch.arange(len(first)).unsqueeze(1).expand_as(nearest)
    return place(network, photos, texts, first, rows, nearest, 1, progress)


def rerank_columns(
    network: Network, photos: Gallery, texts: TextVectors, first: Tensor,
    progress: Progress | None,
) -> Tensor:  # fmt: skip
    """Re-rank each photo's nearest captions: (Q, G) -> (Q, G), all others kept below them."""
    nearest = first.topk(min(CANDIDATES, len(first)), dim=0).indices
    columns = torch.arange(first.shape[1]).expand_as(nearest)
    return place(network, photos, texts, first, nearest, columns, 0, progress)


def place(
    network: Network, photos: Gallery, texts: TextVectors, first: Tensor,
    text_rows: Tensor, photo_rows: Tensor, dim: int, progress: Progress | None,
) -> Tensor:  # fmt: skip
    """Put final scores in the listed cells and push all other cells below each list."""
    q, g = text_rows.flatten(), photo_rows.flatten()
    parts = []
    for start in range(0, len(q), 8192):
        stop = start + 8192
        parts.append(pair_scores(network, photos, texts, q[start:stop], g[start:stop]))
        if progress:
            progress("re-ranked pairs", min(stop, len(q)), len(q))
    scored = torch.cat(parts)
    lists = torch.full_like(first, torch.inf)
    lists[q, g] = scored
    lowest = lists.amin(dim, keepdim=True)
    others = first - first.amax(dim, keepdim=True) + lowest - 1.0
    return torch.where(lists.isinf(), others, lists)


def load_matcher(folder: Path | None = None) -> Matcher:
    """Read the matcher of a checkpoint folder, whatever kind it is; None is the shipped one.

    Raises:
        CheckpointError: the folder is not a whole checkpoint.
    """
    checkpoint = read_checkpoint(folder or shipped_checkpoint())
    if checkpoint.kind == "crossgraph":
        return GraphMatcher(load_network(checkpoint), checkpoint.encoders, checkpoint.fingerprint)
    return load_pair_matcher(checkpoint)


def load_pair_matcher(checkpoint: Checkpoint) -> Matcher:
    """The matcher of a model that scores pairs directly (article, concat, average)."""
    from fusion.pair_matcher import PairMatcher

    try:
        return PairMatcher.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        first_line = str(error).splitlines()[0]
        raise CheckpointError(f"{checkpoint.folder} is damaged: {first_line}") from error
