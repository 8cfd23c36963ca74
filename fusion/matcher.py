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
from fusion.look_alikes import Evidence
from fusion.network import Network, PairParts, PhotoVectors, TextVectors

__all__ = ["GraphMatcher", "Matcher", "OwnScores", "PairScores", "load_matcher"]

CANDIDATES = 50
BLOCK = 1024
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
    probability: Callable[[Matrix], Matrix]
    """(N,) scores that `match` gave -> (N,) in 0..1, how likely each pair matches."""
    match_hard: Callable[[NDArray[np.int64], NDArray[np.int64]], Matrix]
    """As `match`, but scores that tell matches from look-alikes, for the hard threshold."""
    probability_hard: Callable[[Matrix], Matrix]
    """(N,) scores that `match_hard` gave -> (N,) in 0..1."""


class OwnScores(NamedTuple):
    """Scores of M captions with the photo of each, higher is nearer."""

    first_stage: Matrix
    """(M,) float32."""
    reranked: Matrix | None
    """(M,) float32; None for a model of one stage."""


class Gallery(NamedTuple):
    """N embedded photos, with what an index needn't keep because it follows from the vectors."""

    vectors: Tensor
    """(N, D), and the next three as in `PhotoVectors`."""
    hub: Tensor
    nodes: Tensor
    cross_hub: Tensor
    odds: Tensor
    """(N, V) float32, log odds of each word of the vocabulary by the word graph."""
    detected: Tensor
    """(N, V) float32, the same by the word detector."""


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

    @property
    def hard_threshold(self) -> float:
        """The same where false photos look alike."""

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo."""

    def score_own(self, data: PairData) -> OwnScores:
        """Score every caption with its own photo."""


class GraphMatcher:
    """The two stages of a `crossgraph` checkpoint over cached features."""

    def __init__(self, network: Network, encoders: str, fingerprint: str) -> None:
        self.network = network.eval()
        self.name = "crossgraph"
        self.encoders = encoders
        self.fingerprint = fingerprint
        self.threshold = float(network.calibration.threshold)
        self.hard_threshold = 0.0  # log odds
        self.embedded: tuple[PhotoFeatures, Gallery] | None = None

    def gallery(self, photos: PhotoFeatures, progress: Progress | None = None) -> Gallery:
        """Embed photos, once for as long as the same ones are asked for."""
        if self.embedded is None or self.embedded[0] is not photos:
            self.embedded = photos, embed_photos(self.network, photos, progress=progress)
        return self.embedded[1]

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo; the re-ranker sees each list's top 50."""
        photos = self.gallery(data.photos, progress)
        texts = embed_texts(self.network, data.captions)
        first = first_scores(photos, texts)
        by_text = rerank(self.network, photos, texts, first, 1, progress)
        by_photo = rerank(self.network, photos, texts, first, 0, progress)

        def match(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            q, g = torch.from_numpy(text_rows), torch.from_numpy(photo_rows)
            found: Matrix = pair_scores(self.network, photos, texts, q, g).numpy()
            return found

        def probability(scores: Matrix) -> Matrix:
            found: Matrix = self.network.calibration.reranked(torch.from_numpy(scores)).numpy()
            return found

        def match_hard(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            q, g = torch.from_numpy(text_rows), torch.from_numpy(photo_rows)
            evidence = pair_evidence(self.network, photos, texts, q, g)
            found: Matrix = self.network.look_alikes(evidence).numpy()
            return found

        def probability_hard(scores: Matrix) -> Matrix:
            found: Matrix = torch.from_numpy(scores).sigmoid().numpy()
            return found

        return PairScores(
            first.numpy(), first.numpy(), by_text.numpy(), by_photo.numpy(),
            match, probability, match_hard, probability_hard,
        )  # fmt: skip

    def score_own(self, data: PairData) -> OwnScores:
        """Score every caption with its own photo by both stages."""
        photos, texts = self.gallery(data.photos), embed_texts(self.network, data.captions)
        own = torch.from_numpy(data.captions.photo_rows)
        parts = pair_parts(self.network, photos, texts, torch.arange(len(own)), own)
        return OwnScores(parts.first.numpy(), self.network.combine(parts).numpy())


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
    found = PhotoVectors(*(torch.cat(column) for column in zip(*parts, strict=True)))
    detected = [network.detector.odds(part) for part in found.nodes.split(block)]
    return Gallery(*found, network.odds(found.vectors), torch.cat(detected))


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
    """Rows of captions, the shortest first: those of one length share a block with less padding."""
    return torch.from_numpy(np.argsort(captions.mask.sum(1), kind="stable"))


def first_scores(photos: Gallery, texts: TextVectors) -> Tensor:
    """(Q, G): cosine, less what is due to either side being a hub."""
    return texts.vectors @ photos.vectors.T - photos.hub - texts.hub.unsqueeze(1)


@torch.inference_mode()
def pair_parts(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor, logits: Tensor | None = None,
) -> PairParts:  # fmt: skip
    """What `Network.combine` puts together, of (N,) pairs: (N,) each.

    `logits` (N,) are what `pair_logits` gives, where they are known already.
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
        parts.append(PairParts(first, worded, detected, given - photos.cross_hub[g]))
    return PairParts(*(torch.cat(column) for column in zip(*parts, strict=True)))


@torch.inference_mode()
def pair_logits(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor,
    photo_rows: Tensor,
) -> Tensor:  # fmt: skip
    """Logits of the cross-modal graph, of (N,) pairs: -> (N,)."""
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
    """Final scores of (N,) pairs: -> (N,); `captions` as in `Network.combine`."""
    parts = pair_parts(network, photos, texts, text_rows, photo_rows)
    return network.combine(parts, captions=captions)


def pair_evidence(
    network: Network, photos: Gallery, texts: TextVectors, text_rows: Tensor, photo_rows: Tensor
) -> Evidence:
    """What is known of (N,) pairs that may be matches or look-alikes: (N,) each."""
    return Evidence(
        pair_scores(network, photos, texts, text_rows, photo_rows),
        texts.hub[text_rows],
        texts.bag_hub[text_rows],
        texts.detected_hub[text_rows],
        photos.hub[photo_rows],
        photos.cross_hub[photo_rows],
    )


def nearest_pairs(first: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The pairs that are re-ranked, by first-stage scores (Q, G).

    `dim` 1 lists the 50 photos nearest to each caption, 0 the 50 captions nearest to each photo.
    Gives rows of captions and of photos, (N,) int64 each.
    """
    listed = first.topk(min(CANDIDATES, first.shape[dim]), dim=dim).indices
    if dim == 1:
        return torch.arange(len(first)).unsqueeze(1).expand_as(listed).flatten(), listed.flatten()
    return listed.flatten(), torch.arange(first.shape[1]).expand_as(listed).flatten()


def rerank(
    network: Network, photos: Gallery, texts: TextVectors, first: Tensor, dim: int,
    progress: Progress | None,
) -> Tensor:  # fmt: skip
    """Re-rank the lists of `nearest_pairs`: (Q, G) -> (Q, G), all others kept below them."""
    q, g = nearest_pairs(first, dim)
    parts = []
    for start in range(0, len(q), 8192):
        stop = start + 8192
        rows = q[start:stop], g[start:stop]
        parts.append(pair_scores(network, photos, texts, *rows, captions=dim == 0))
        if progress:
            progress("re-ranked pairs", min(stop, len(q)), len(q))
    return place(first, q, g, torch.cat(parts), dim)


def place(first: Tensor, q: Tensor, g: Tensor, scored: Tensor, dim: int) -> Tensor:
    """Put final scores (N,) in the cells that are listed and push all others below each list."""
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
