"""A trained model over a whole captioned collection: every caption's score with every photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from fusion.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_network,
    read_checkpoint,
    shipped_checkpoint,
)
from fusion.data.features import PairData, PhotoFeatures
from fusion.network.gallery import (
    Gallery,
    Matrix,
    Progress,
    embed_photos,
    embed_texts,
    first_scores,
    pair_evidence,
    pair_parts,
    pair_scores,
    rerank,
)
from fusion.network.network import Network

__all__ = ["GraphMatcher", "Matcher", "OwnScores", "PairScores", "load_matcher"]


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
        scores = self.network.combine(parts, short=texts.short)
        return OwnScores(parts.first.numpy(), scores.numpy())


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
    from fusion.evaluation.pair_matcher import PairMatcher

    try:
        return PairMatcher.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        first_line = str(error).splitlines()[0]
        raise CheckpointError(f"{checkpoint.folder} is damaged: {first_line}") from error
