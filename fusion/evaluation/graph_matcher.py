"""The two stages of a `crossgraph` checkpoint over a whole captioned collection."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from fusion.data.features import PairData, PhotoFeatures
from fusion.evaluation.matcher import OwnScores, PairScores
from fusion.network.gallery import (
    Gallery,
    Matrix,
    Progress,
    embed_photos,
    embed_texts,
    first_scores,
    pair_evidence,
    pair_scores,
    rerank,
    score_parts,
)
from fusion.network.network import Network

__all__ = ["GraphMatcher"]


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
        """Return the embedded photos; the last result is cached for the same `photos` object."""
        if self.embedded is None or self.embedded[0] is not photos:
            self.embedded = photos, embed_photos(self.network, photos, progress=progress)
        return self.embedded[1]

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo; only the top 50 of each list are re-ranked."""
        photos = self.gallery(data.photos, progress)
        texts = embed_texts(self.network, data.captions)
        first = first_scores(photos, texts)
        by_text = rerank(self.network, photos, texts, first, 1, progress)
        by_photo = rerank(self.network, photos, texts, first, 0, progress)

        def match(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            q, g = torch.from_numpy(text_rows), torch.from_numpy(photo_rows)
            scores: Matrix = pair_scores(self.network, photos, texts, q, g).numpy()
            return scores

        def probability(scores: Matrix) -> Matrix:
            probabilities: Matrix = self.network.calibration.reranked(
                torch.from_numpy(scores)
            ).numpy()
            return probabilities

        def match_hard(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            q, g = torch.from_numpy(text_rows), torch.from_numpy(photo_rows)
            evidence = pair_evidence(self.network, photos, texts, q, g)
            log_odds: Matrix = self.network.look_alikes(evidence).numpy()
            return log_odds

        def probability_hard(scores: Matrix) -> Matrix:
            probabilities: Matrix = torch.from_numpy(scores).sigmoid().numpy()
            return probabilities

        return PairScores(
            first.numpy(), first.numpy(), by_text.numpy(), by_photo.numpy(),
            match, probability, match_hard, probability_hard,
        )  # fmt: skip

    def score_own(self, data: PairData) -> OwnScores:
        """Score every caption with its own photo, by both stages."""
        photos, texts = self.gallery(data.photos), embed_texts(self.network, data.captions)
        own = torch.from_numpy(data.captions.photo_rows)
        parts = score_parts(self.network, photos, texts, torch.arange(len(own)), own)
        scores = self.network.combine(parts, short=texts.short)
        return OwnScores(parts.first.numpy(), scores.numpy())
