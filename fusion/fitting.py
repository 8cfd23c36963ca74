"""What is fitted after training: banks, the re-ranker's gate, calibration, the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.calibration import best_threshold, fit_logistic
from fusion.features import PairData, subset
from fusion.matcher import embed_photos, embed_texts, first_scores, pair_logits
from fusion.network import Network, PhotoVectors, TextVectors

__all__ = [
    "Recalls",
    "fill_banks",
    "first_recalls",
    "fit_gate_and_calibration",
    "list_recalls",
]

GATES = (0.0, 0.002, 0.004, 0.006, 0.008, 0.011, 0.015, 0.02, 0.03, 0.04, 0.055, 0.08)
LIST = 50


@dataclass(frozen=True)
class Recalls:
    """Recall@1, 5 and 10 as percentages, and the gate they were reached with."""

    at_1: float
    at_5: float
    at_10: float
    gate: float = 0.0

    @property
    def total(self) -> float:
        """The sum that early stopping goes by."""
        return self.at_1 + self.at_5 + self.at_10

    def rounded(self) -> dict[str, float]:
        """Give the measures by their usual names."""
        values = {"R@1": self.at_1, "R@5": self.at_5, "R@10": self.at_10}
        return {name: round(value, 2) for name, value in values.items()} | {"gate": self.gate}

    def line(self) -> str:
        """Give the measures in a few words."""
        return f"R@1 {self.at_1:.1f}, R@5 {self.at_5:.1f}, R@10 {self.at_10:.1f}"


@torch.inference_mode()
def fill_banks(network: Network, train: PairData, rows: Tensor) -> None:
    """Fill memory and hub banks from the training photos `rows` and their captions.

    The bank of captions holds one caption of evenly spread photos; a training photo's own captions
    have no part in its own neighbourhood.
    """
    network.eval()
    data = subset(train, rows)
    texts = embed_texts(network, data.captions).vectors
    owners = torch.from_numpy(data.captions.photo_rows)
    means = torch.zeros(len(rows), texts.shape[1]).index_add(0, owners, texts)
    keys = []
    for start in range(0, len(rows), 500):
        regions = torch.from_numpy(np.asarray(data.photos.regions[start : start + 500], np.float32))
        keys.append(network.whitening.photos(regions, torch.zeros(1))[0].mean(1))
    network.memory.fill(torch.cat(keys), means)
    _, first = np.unique(data.captions.photo_rows, return_index=True)
    spread = torch.from_numpy(first + np.arange(len(first)) % captions_each(data))
    size = network.config.captions_bank
    network.photo_hub.fill(texts[spread[torch.arange(size) * len(spread) // size]])
    photos = embed_photos(network, data.photos, own=np.arange(len(rows)))
    network.text_hub.fill(photos.vectors)


def captions_each(data: PairData) -> int:
    """The smallest number of captions that a photo has."""
    return int(np.bincount(data.captions.photo_rows).min())


def first_recalls(network: Network, data: PairData) -> Recalls:
    """Text-to-image recall of the first stage alone."""
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    scores = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows).unsqueeze(1)
    return recalls_of((scores > scores.gather(1, own)).sum(1), 0.0)


def recalls_of(better: Tensor, gate: float) -> Recalls:
    """Recall from (Q,) counts of photos that scored above the right one."""
    at = [100.0 * (better < k).float().mean().item() for k in (1, 5, 10)]
    return Recalls(at[0], at[1], at[2], gate)


def list_recalls(
    network: Network, data: PairData, gates: tuple[float, ...] = GATES, queries: int = 1000
) -> Recalls:
    """Text-to-image recall after re-ranking each list of 50, at the best of `gates`.

    Up to `queries` captions, evenly spread, each held against all photos.
    """
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    first = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows)
    if len(gates) > 1:
        # An odd stride walks through a photo's captions instead of always taking its first.
        step = max(len(first) // queries, 1)
        kept = torch.arange(0, len(first), step)
        kept = torch.clamp(kept + torch.arange(len(kept)) % step, max=len(first) - 1)
        texts = TextVectors(*(part[kept] for part in texts))
        first, own = first[kept], own[kept]
    logits, listed = list_logits(network, photos, texts, first)
    found = [rank_lists(first, logits, listed, own, gate) for gate in gates]
    return max(found, key=lambda recalls: recalls.total)


def list_logits(
    network: Network, photos: PhotoVectors, texts: TextVectors, first: Tensor
) -> tuple[Tensor, Tensor]:
    """Ungated logits of each caption's nearest photos, and which they are: (Q, K) twice."""
    listed = first.topk(min(LIST, first.shape[1]), dim=1).indices
    rows = torch.arange(len(first)).unsqueeze(1).expand_as(listed)
    gate = network.gate.detach().clone()
    network.gate.data.fill_(1.0)
    logits = pair_logits(network, photos, texts, rows.flatten(), listed.flatten())
    network.gate.data.copy_(gate)
    return logits.view(listed.shape), listed


def rank_lists(first: Tensor, logits: Tensor, listed: Tensor, own: Tensor, gate: float) -> Recalls:
    scores = first.gather(1, listed) + gate * logits
    right = listed == own.unsqueeze(1)
    target = scores.masked_fill(~right, -torch.inf).amax(1, keepdim=True)
    better = (scores > target).sum(1)
    outside = ~right.any(1)
    return recalls_of(torch.where(outside, torch.full_like(better, first.shape[1]), better), gate)


def fit_gate_and_calibration(network: Network, train: PairData, rows: Tensor) -> dict[str, float]:
    """Fit gate, Platt scaling and threshold on held-out training photos; gives what was found.

    The gate maximises recall; the rest sees one true and one random false pair for each caption.
    """
    data = subset(train, rows)
    recalls = list_recalls(network, data, queries=len(data.captions.texts))
    network.gate.data.fill_(recalls.gate)
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    first = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows)
    shift = torch.randint(1, len(rows), own.shape, generator=torch.Generator().manual_seed(5))
    captions = torch.arange(len(own)).repeat(2)
    shown = torch.cat([own, (own + shift) % len(rows)])
    labels = torch.cat([torch.ones(len(own)), torch.zeros(len(own))])
    first_pairs = first[captions, shown]
    full = first_pairs + pair_logits(network, photos, texts, captions, shown)
    network.calibration.first.copy_(fit_logistic(first_pairs, labels))
    network.calibration.full.copy_(fit_logistic(full, labels))
    network.calibration.threshold.fill_(best_threshold(full, labels))
    return {
        "gate": recalls.gate,
        "threshold": float(network.calibration.threshold),
        "held_out_R@1": round(recalls.at_1, 2),
    }
