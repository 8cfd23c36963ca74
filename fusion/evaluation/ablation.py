"""Ablation of one trained model: scores of all captions with all photos, each part removed in turn.

A row says what is scored: which variant of the network (`fusion/evaluation/variants.py`), which
stage of it, and which of the signals that `Network.combine` adds up. A signal that is left out
counts as zero; its gate and the others' stay as they were fitted together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from fusion.data.features import PairData
from fusion.evaluation.variants import VARIANTS, Variant, read_once
from fusion.network.gallery import (
    Gallery,
    Progress,
    embed_photos,
    embed_texts,
    first_scores,
    nearest_pairs,
    pair_logits,
    place,
    score_parts,
)
from fusion.network.network import Network, ScoreParts, TextVectors

__all__ = ["FULL", "SIGNALS", "Row", "ablation_rows", "score_rows"]

SIGNALS = ScoreParts._fields[1:]
"""The signals that the re-ranker adds to the first stage's score."""
CROSS = "logits"
NAMES = {
    "worded": "word graph",
    "detected": "word detector",
    "classed": "paths over classes",
    CROSS: "cross-modal graph",
}
FIRST, FULL = "first stage", "re-ranked"


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: the row's label in the table, and its key in a report.
        against: the name of the row that it is compared with; None for the first row.
        variant: the name of a variant in `VARIANTS`.
        stage: the first stage without its hub corrections, the first stage with them, or both
            stages.
        signals: those of `SIGNALS` that the re-ranker adds.
    """

    name: str
    against: str | None
    variant: str = "whole"
    stage: Literal["uncorrected", "first", "reranked"] = "reranked"
    signals: tuple[str, ...] = SIGNALS


def ablation_rows(network: Network) -> tuple[Row, ...]:
    """Return the rows in the order in which they are printed; `against` names an earlier one.

    A network whose first stage has no graph inside a modality has no rows for it.
    """
    first = [
        Row(f"{FIRST}, without hub correction", None, stage="uncorrected"),
        Row(FIRST, f"{FIRST}, without hub correction", stage="first"),
    ]
    inside: tuple[str, ...] = (
        "region edges",
        "word edges",
        "region and word edges",
        "memory graph",
    )
    if not network.config.model.layers:
        inside = ("memory graph",)
    concepts = ("concept graph",) if network.config.classes else ()
    inside += concepts
    names = [f"{what} {state}" for what in inside for state in ("off", "shuffled")]
    first += [Row(f"{FIRST}, {name}", FIRST, name, "first") for name in names]
    cross = tuple(signal for signal in SIGNALS if signal == CROSS)
    full = [
        Row(FULL, FIRST),
        Row(f"{FULL}, no edges", FULL, "cross-modal graph without edges", signals=cross),
        Row(f"{FULL}, all edges shuffled", FULL, "all re-ranking graphs shuffled"),
    ]
    left_out, alone = [], []
    for signal in SIGNALS:
        name = NAMES.get(signal, signal)
        others = tuple(other for other in SIGNALS if other != signal)
        left_out.append(Row(f"{FULL}, {name} left out", FULL, signals=others))
        alone.append(Row(f"{FULL}, {name} alone", FIRST, signals=(signal,)))
    edges = (
        "cross-modal graph without edges", "cross-modal graph shuffled", "word graph shuffled",
        "word detector shuffled", "memory graph off",
        "memory graph shuffled", *(f"{name} {state}" for name in concepts
                                   for state in ("off", "shuffled")),
    )  # fmt: skip
    changed = [Row(f"{FULL}, {name}", FULL, name) for name in edges]
    return (*first, *full, *left_out, *alone, *changed)


class PairLogits:
    """Logits of one cross-modal graph, computed for each pair on first use and cached."""

    def __init__(self, network: Network, photos: Gallery, texts: TextVectors) -> None:
        self.network, self.photos, self.texts = network, photos, texts
        self.known = torch.full((len(texts.vectors), len(photos.vectors)), torch.nan)

    def __call__(self, q: Tensor, g: Tensor) -> Tensor:
        """Return the logits (N,) of pairs, given as (N,) rows of captions and of photos."""
        new = self.known[q, g].isnan()
        logits = pair_logits(self.network, self.photos, self.texts, q[new], g[new])
        self.known[q[new], g[new]] = logits
        return self.known[q, g]


def score_rows(
    network: Network, data: PairData, rows: Sequence[Row], progress: Progress | None = None
) -> Iterator[tuple[Row, Tensor, Tensor]]:
    """Score a collection as each row says.

    Args:
        network: a trained network; it is not changed.
        data: the collection.
        rows: what to score.
        progress: called with the number of rows done, their total and what is being done.

    Yields:
        Each row once, those of one variant together, with (Q, G) float32 scores for text-to-image
        retrieval, and (Q, G) float32 scores for image-to-text retrieval.
    """
    read = read_once(network, data)
    whole = VariantScores(network, read, VARIANTS[0])
    done = 0
    for variant in VARIANTS:
        rows_of_variant = [row for row in rows if row.variant == variant.name]
        if not rows_of_variant:
            continue
        scored = whole if variant is VARIANTS[0] else VariantScores(network, read, variant, whole)
        for row in rows_of_variant:
            yield row, scored.of(row, dim=1), scored.of(row, dim=0)
            done += 1
            if progress:
                progress(done, len(rows), "ablation rows")


class VariantScores:
    """A collection embedded by one variant, and its pairs' signals, computed on first use.

    Args:
        network: the whole network.
        read: the collection, as returned by `read_once`.
        variant: the variant to make of the network.
        whole: the scores of the unchanged variant, to reuse the parts that the change does not
            affect; None for that variant itself.
    """

    photos: Gallery
    texts: TextVectors

    def __init__(
        self, network: Network, read: PairData, variant: Variant, whole: VariantScores | None = None
    ) -> None:
        altered = variant.of(network)
        lent = whole if whole is not None and not variant.photos else None
        photos = lent.photos if lent else embed_photos(altered, read.photos)
        lent = whole if whole is not None and not variant.texts else None
        texts = lent.texts if lent else embed_texts(altered, read.captions)
        self.network, self.photos, self.texts = altered, photos, texts
        self.first = first_scores(photos, texts)
        self.known: dict[str, PairLogits] = whole.known if whole is not None else {}
        if variant.cross not in self.known:
            self.known[variant.cross] = PairLogits(altered, photos, texts)
        self.logits = self.known[variant.cross]
        self.parts: dict[int, tuple[Tensor, Tensor, ScoreParts[Tensor]]] = {}

    def of(self, row: Row, dim: int) -> Tensor:
        """Return the scores (Q, G) of a row; `dim` as in `nearest_pairs`."""
        if row.stage == "uncorrected":
            return self.texts.vectors @ self.photos.vectors.T
        if row.stage == "first":
            return self.first
        q, g, parts = self.listed(dim)
        silent = {
            signal: torch.zeros_like(parts.first) for signal in SIGNALS if signal not in row.signals
        }
        scores = self.network.combine(
            parts._replace(**silent), captions=dim == 0, short=self.texts.short[q]
        )
        return place(self.first, q, g, scores, dim)

    def listed(self, dim: int) -> tuple[Tensor, Tensor, ScoreParts[Tensor]]:
        """Return the pairs to re-rank, (N,) captions and (N,) photos, with their signals."""
        if dim not in self.parts:
            q, g = nearest_pairs(self.first, dim)
            known = self.logits(q, g)
            self.parts[dim] = q, g, score_parts(self.network, self.photos, self.texts, q, g, known)
        return self.parts[dim]
