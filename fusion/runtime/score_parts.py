"""The parts of a final score, for tensors and arrays alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = ["GATES", "ScoreParts", "WordReading", "combine"]

T = TypeVar("T")

GATES = ("word_gate", "detector_gate", "gate", "class_gate")
"""The gate of each part after the first, in the order of `ScoreParts`; `gate` belongs to the
cross-modal graph and has this name in checkpoints."""


class ScoreParts(NamedTuple, Generic[T]):
    """The parts of the final scores of (text, photo) pairs; all have the same shape."""

    first: T
    """First-stage scores."""
    worded: T
    """Mean log odds of the text's words from the word graph, less the text's hub correction."""
    detected: T
    """Mean log odds of the text's words from the word detector, less the text's hub correction."""
    logits: T
    """Logits of the cross-modal graph, less the photo's hub correction."""
    classed: T
    """Log odds of the text from its paths over the concept graph."""


class WordReading(NamedTuple, Generic[T]):
    """Which regions the words of N pairs read; the whole text and the whole photo come first."""

    shares: T
    """(N, T) float32: what each word adds to the logit, which is their sum; zero at padding."""
    attention: T
    """(N, T, R) float32: the adjacency, averaged over heads. Each word's row sums to 1, or to less
    with the cosine adjacency if in some head the word is similar to no region."""
    nearest: T
    """(N, T, R) float32: the share of heads in which the region is the nearest to the word."""


def combine(parts: ScoreParts[T], gates: Iterable[Any]) -> T:
    """Return final scores: first-stage scores plus each graph's part times its gate.

    >>> combine(ScoreParts(1.0, 2.0, 3.0, 4.0, 5.0), (0.5, 0.0, 0.25, 0.1))
    3.5
    """
    score: Any
    score, *graphs = parts
    for gate, graph in zip(gates, graphs, strict=True):
        score = score + gate * graph
    combined: T = score
    return combined
