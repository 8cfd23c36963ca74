"""What a final score is made of, for tensors and arrays alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = ["GATES", "ScoreParts", "WordReading", "combine"]

T = TypeVar("T")

GATES = ("word_gate", "detector_gate", "gate", "class_gate")
"""The gate of each part after the first, in the order of `ScoreParts`; `gate` is the cross-modal
graph's, under the name that checkpoints have for it."""


class ScoreParts(NamedTuple, Generic[T]):
    """Of pairs of a text and a photo, what their final scores are made of; all of one shape."""

    first: T
    """First-stage scores."""
    worded: T
    """Mean log odds of the text's words by the word graph."""
    detected: T
    """Mean log odds of the text's words by the word detector."""
    logits: T
    """Of the cross-modal graph, less what is due to a photo being a hub of it."""
    classed: T
    """Log odds of the text by its paths over the concept graph."""


class WordReading(NamedTuple, Generic[T]):
    """What the words of N pairs read of the regions; the whole text and photo come first."""

    shares: T
    """(N, T) float32: what each word adds to the logit, which is their sum; zero at padding."""
    attention: T
    """(N, T, R) float32: the adjacency, mean over heads; a word's sum to 1, or by cosine to less
    where a head finds it like no region."""
    nearest: T
    """(N, T, R) float32: in how many heads the region is the nearest to the word, as a share."""


def combine(parts: ScoreParts[T], gates: Iterable[Any]) -> T:
    """Final scores: the first stage's, and what each graph adds behind its gate.

    >>> combine(ScoreParts(1.0, 2.0, 3.0, 4.0, 5.0), (0.5, 0.0, 0.25, 0.1))
    3.5
    """
    score: Any
    score, *graphs = parts
    for gate, graph in zip(gates, graphs, strict=True):
        score = score + gate * graph
    combined: T = score
    return combined
