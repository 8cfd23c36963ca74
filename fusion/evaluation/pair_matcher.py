"""The matcher of models that judge pairs, evaluated like the two-stage network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fusion.baselines.build import build_pair_model
from fusion.baselines.pair_model import PairModel
from fusion.checkpoint import Checkpoint
from fusion.data.cca import pooled_images, pooled_texts
from fusion.data.features import PairData
from fusion.evaluation.matcher import OwnScores, PairScores
from fusion.network.gallery import Matrix, Progress

__all__ = ["PairMatcher"]

BLOCK = 1024


@dataclass(frozen=True)
class PairMatcher:
    """A pair model over cached features: one stage, whose score is also the match score."""

    model: PairModel
    name: str
    encoders: str
    fingerprint: str
    threshold: float
    hard_threshold: float

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> PairMatcher:
        """Build the model of a checkpoint of kind article, concat or average, with its weights."""
        shape = checkpoint.config["model"]
        model = build_pair_model(**shape)
        model.load_state_dict(checkpoint.weights)
        return cls(
            model.eval(),
            checkpoint.kind,
            checkpoint.encoders,
            checkpoint.fingerprint,
            float(checkpoint.config["threshold"]),
            float(checkpoint.config["hard_threshold"]),
        )

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Judge every caption with every photo."""
        images = torch.from_numpy(pooled_images(data))
        texts = torch.from_numpy(pooled_texts(data))

        def report(done: int, total: int) -> None:
            if progress:
                progress(done, total, "captions judged")

        table: Matrix = self.model.score_matrix(images, texts, report).numpy()

        def match(text_rows: NDArray[np.int64], photo_rows: NDArray[np.int64]) -> Matrix:
            scores: Matrix = table[text_rows, photo_rows]
            return scores

        def probability(scores: Matrix) -> Matrix:
            probabilities: Matrix = torch.from_numpy(scores).sigmoid().numpy()
            return probabilities

        return PairScores(table, table, None, None, match, probability, match, probability)

    @torch.inference_mode()
    def score_own(self, data: PairData) -> OwnScores:
        """Judge every caption with its own photo."""
        images = torch.from_numpy(pooled_images(data))
        texts = torch.from_numpy(pooled_texts(data))
        rows = torch.from_numpy(data.captions.photo_rows)
        blocks = zip(rows.split(BLOCK), texts.split(BLOCK), strict=True)
        blocks_scores = [self.model(images[own], part) for own, part in blocks]
        return OwnScores(torch.cat(blocks_scores).float().numpy(), None)
