"""What is fitted after training: banks, the re-ranker's gates, calibration, the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.calibration import best_threshold, fit_logistic
from fusion.cca import pooled_texts
from fusion.features import PairData, photo_input, subset
from fusion.matcher import embed_photos, embed_texts, first_scores, pair_parts
from fusion.network import Network, PairParts

__all__ = [
    "Recalls",
    "fill_banks",
    "first_recalls",
    "fit_gates_and_calibration",
    "list_recalls",
]

LIST, FITTED_LIST = 50, 20
RIDGE = 1e-4


@dataclass(frozen=True)
class Recalls:
    """Recall@1, 5 and 10 as percentages."""

    at_1: float
    at_5: float
    at_10: float

    @property
    def total(self) -> float:
        """The sum that early stopping goes by."""
        return self.at_1 + self.at_5 + self.at_10

    def rounded(self) -> dict[str, float]:
        """Give the measures by their usual names."""
        values = {"R@1": self.at_1, "R@5": self.at_5, "R@10": self.at_10}
        return {name: round(value, 2) for name, value in values.items()}

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
    keys = [
        network.reader.photos(photo_input(data.photos, part)).cells.mean(1)
        for part in torch.arange(len(rows)).split(100)
    ]
    network.memory.fill(torch.cat(keys), means)
    _, first = np.unique(data.captions.photo_rows, return_index=True)
    spread = torch.from_numpy(first + np.arange(len(first)) % captions_each(data))
    size = network.config.captions_bank
    network.photo_hub.fill(texts[spread[torch.arange(size) * len(spread) // size]])
    photos = embed_photos(network, data.photos, own=torch.arange(len(rows)))
    network.text_hub.fill(photos.vectors)
    sentences = torch.from_numpy(pooled_texts(data))
    network.recall.fill(functional.normalize(sentences, dim=1), owners)
    network.words.fill(data.captions.texts, owners.tolist())


def captions_each(data: PairData) -> int:
    """The smallest number of captions that a photo has."""
    return int(np.bincount(data.captions.photo_rows).min())


def first_recalls(network: Network, data: PairData) -> Recalls:
    """Text-to-image recall of the first stage alone."""
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    scores = first_scores(photos, texts)
    own = torch.from_numpy(data.captions.photo_rows).unsqueeze(1)
    return recalls_of((scores > scores.gather(1, own)).sum(1))


def list_recalls(network: Network, data: PairData) -> Recalls:
    """Text-to-image recall after re-ranking each list, with the network's own gates."""
    return Lists.of(network, data).recalls(network)


def recalls_of(better: Tensor) -> Recalls:
    """Recall from (Q,) counts of photos that scored above the right one."""
    return Recalls(*(100.0 * (better < k).float().mean().item() for k in (1, 5, 10)))


@dataclass(frozen=True)
class Lists:
    """Each caption's nearest photos by first-stage score, and what re-ranks them: (Q, K) each."""

    parts: PairParts
    right: Tensor
    """True where the photo is the caption's own; false all along where it is not listed."""

    @classmethod
    def of(cls, network: Network, data: PairData) -> Lists:
        """Every caption of a collection held against all its photos."""
        photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
        first = first_scores(photos, texts)
        listed = first.topk(min(LIST, first.shape[1]), dim=1).indices
        rows = torch.arange(len(first)).unsqueeze(1).expand_as(listed)
        parts = pair_parts(network, photos, texts, rows.flatten(), listed.flatten())
        own = torch.from_numpy(data.captions.photo_rows).unsqueeze(1)
        return cls(PairParts(*(part.view(listed.shape) for part in parts)), listed == own)

    def recalls(self, network: Network) -> Recalls:
        """Recall with the network's gates."""
        scores = network.combine(self.parts)
        target = scores.masked_fill(~self.right, -torch.inf).amax(1, keepdim=True)
        better = (scores > target).sum(1)
        return recalls_of(better.masked_fill(~self.right.any(1), scores.shape[1]))


def fit_gates(network: Network, data: PairData) -> None:
    """Fit the gates on held-out photos by conditional logistic regression (McFadden, 1974).

    Of the first 20 photos of a list the caption's own is the choice; a gate is the graph's weight
    over the first stage's, and 0 where the graph would speak against the right photo.
    """
    lists = Lists.of(network, data)
    right = lists.right[:, :FITTED_LIST]
    kept = right.any(1)
    scores = torch.stack(lists.parts, dim=-1)[kept, :FITTED_LIST]
    spread = (scores - scores.mean(1, keepdim=True)).flatten(0, 1).std(0).clamp_min(1e-9)
    weights = fit_choice(scores / spread, right[kept].float().argmax(1)) / spread
    gates = (weights / weights[0].clamp_min(1e-9)).clamp_min(0.0)
    for gate, value in zip(
        (network.recall_gate, network.word_gate, network.gate), gates[1:], strict=True
    ):
        gate.copy_(value)


def fit_choice(scores: Tensor, chosen: Tensor) -> Tensor:
    """Weights (F,) that make the choices (Q,) among scores (Q, K, F) likeliest, lightly ridged."""
    weights = torch.zeros(scores.shape[2], requires_grad=True)
    solver = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = functional.cross_entropy(scores @ weights, chosen)
        loss = loss + RIDGE * weights.square().sum()
        loss.backward()
        return loss

    solver.step(closure)
    return weights.detach()


def fit_gates_and_calibration(network: Network, train: PairData, rows: Tensor) -> dict[str, float]:
    """Fit gates, Platt scaling and threshold on held-out training photos; gives what was found.

    The gates see each caption's nearest photos; the rest sees one true and one random false pair
    for each caption.
    """
    data = subset(train, rows)
    fit_gates(network, data)
    photos, texts = embed_photos(network, data.photos), embed_texts(network, data.captions)
    own = torch.from_numpy(data.captions.photo_rows)
    shift = torch.randint(1, len(rows), own.shape, generator=torch.Generator().manual_seed(5))
    captions = torch.arange(len(own)).repeat(2)
    shown = torch.cat([own, (own + shift) % len(rows)])
    labels = torch.cat([torch.ones(len(own)), torch.zeros(len(own))])
    parts = pair_parts(network, photos, texts, captions, shown)
    full = network.combine(parts)
    network.calibration.first.copy_(fit_logistic(parts.first, labels))
    network.calibration.full.copy_(fit_logistic(full, labels))
    network.calibration.threshold.fill_(best_threshold(full, labels))
    return {
        "recall_gate": round(network.recall_gate.item(), 4),
        "word_gate": round(network.word_gate.item(), 4),
        "gate": round(network.gate.item(), 4),
        "threshold": network.calibration.threshold.item(),
    }
