"""The protocol of models under evaluation: scores of every caption with every photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fusion.data.features import PairData
from fusion.network.gallery import (
    Matrix,
    Progress,
)

__all__ = ["Matcher", "OwnScores", "PairScores"]


@dataclass(frozen=True)
class PairScores:
    """Scores of Q captions with G photos, higher is nearer: (Q, G) float32 each."""

    first_stage_text_to_image: Matrix
    first_stage_image_to_text: Matrix
    reranked_text_to_image: Matrix | None
    reranked_image_to_text: Matrix | None
    match: Callable[[NDArray[np.int64], NDArray[np.int64]], Matrix]
    """(N,) rows of captions, (N,) rows of photos -> (N,) scores, to compare with the threshold."""
    probability: Callable[[Matrix], Matrix]
    """(N,) scores by `match` -> (N,) in 0..1, the probability that each pair matches."""
    match_hard: Callable[[NDArray[np.int64], NDArray[np.int64]], Matrix]
    """Like `match`, but its scores tell matches from look-alikes, for the hard threshold."""
    probability_hard: Callable[[Matrix], Matrix]
    """(N,) scores by `match_hard` -> (N,) in 0..1."""


class OwnScores(NamedTuple):
    """Scores of M captions, each with its own photo; higher is nearer."""

    first_stage: Matrix
    """(M,) float32."""
    reranked: Matrix | None
    """(M,) float32; None for a model of one stage."""


class Matcher(Protocol):
    """A model as the evaluation sees it."""

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
        """Scores above it count as a match; fitted on held-out training photos."""

    @property
    def hard_threshold(self) -> float:
        """The same for scores by `match_hard`, where false photos look like the right one."""

    def score_all(self, data: PairData, progress: Progress | None = None) -> PairScores:
        """Score every caption with every photo."""

    def score_own(self, data: PairData) -> OwnScores:
        """Score every caption with its own photo."""
