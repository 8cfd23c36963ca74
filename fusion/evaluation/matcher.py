"""A trained model over a whole captioned collection: every caption's score with every photo."""

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
