"""The two loops that train a network: first the dual graph, then the cross-modal re-ranker."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.batches import TrainingSet, hard_batches, plain_batches
from fusion.losses import contrastive_loss
from fusion.model import drop_nodes
from fusion.network import Network

__all__ = ["StageOptions", "dual_epoch", "learning_rate", "make_optimizer", "mine", "rerank_epoch"]

Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class StageOptions:
    """How one stage is trained."""

    epochs: int
    batch_size: int
    rate: float
    tower_rate: float = 0.0
    decay: float = 0.2
    captions: int = 2
    mix: float = 0.5
    """Share of batches in which two captions of each photo are mixed into one."""
    warm_up: float = 0.15
    patience: int = 4


def make_optimizer(
    parts: Iterable[nn.Module], tower: nn.Module | None, options: StageOptions
) -> torch.optim.AdamW:
    """AdamW that decays matrices only; `base_rate` of each group is what the schedule scales."""
    parameters = [value for part in parts for value in part.parameters()]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    for group in groups:
        group["base_rate"] = options.rate
    if tower is not None:
        tuned = list(tower.parameters())
        groups.append({"params": tuned, "weight_decay": 0.01, "base_rate": options.tower_rate})
    return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))


def learning_rate(step: int, steps: int, warm_up: float) -> float:
    """Share of the base rate: linear up, then a half cosine down.

    >>> [round(learning_rate(step, 100, 0.1), 2) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    rising = max(int(steps * warm_up), 1)
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(steps - rising, 1)))


def step_down(
    loss: Tensor, optimizer: torch.optim.Optimizer, step: int, steps: int, warm_up: float
) -> float:
    """One update at the scheduled rate; gives the loss."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_rate"] * learning_rate(step, steps, warm_up)
    optimizer.zero_grad()
    loss.backward()
    for group in optimizer.param_groups:
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()
    return loss.item()


def dual_epoch(
    network: Network, data: TrainingSet, rows: Tensor, optimizer: torch.optim.Optimizer,
    epoch: int, options: StageOptions, report: Report,
) -> float:  # fmt: skip
    """One pass over the photos `rows`, each with `options.captions` captions; gives the mean loss.

    Matrix products run in bfloat16, which is about three times as fast on recent processors.
    """
    losses: list[float] = []
    batches = max(len(rows) // options.batch_size, 1)
    for batch, photos in enumerate(plain_batches(rows, options.batch_size)):
        drawn = data.draw_captions(photos, options.captions)
        with torch.autocast("cpu", torch.bfloat16):
            cells, real, summary = data.images(photos)
            images = network.dual.image(cells, real, summary).float()
            texts = [embed_captions(network, data, captions) for captions in drawn]
        if len(texts) > 1 and torch.rand(()) < options.mix:
            share = torch.rand(len(photos), 1)
            texts[0] = functional.normalize(share * texts[0] + (1 - share) * texts[1], dim=1)
        scale = network.dual.log_scale.exp().clamp(max=100.0)
        parts = [contrastive_loss(text @ images.T * scale, photos) for text in texts]
        loss = torch.stack(parts).mean()
        step, steps = epoch * batches + batch, options.epochs * batches
        losses.append(step_down(loss, optimizer, step, steps, options.warm_up))
        report(f"epoch {epoch + 1}, loss {losses[-1]:.3f}", batch + 1, batches)
    return sum(losses) / len(losses)


def embed_captions(network: Network, data: TrainingSet, captions: Tensor) -> Tensor:
    words, mask = data.texts(captions)
    scaled, summary = network.read_texts(words, mask)
    found: Tensor = network.dual.text(scaled, mask, summary)
    return found.float()


def rerank_epoch(
    network: Network, data: TrainingSet, rows: Tensor, rivals: Tensor | None,
    optimizer: torch.optim.Optimizer, epoch: int, options: StageOptions, report: Report,
) -> float:  # fmt: skip
    """One pass of the cross-modal graph over photos and one caption each; gives the mean loss.

    Every caption of a batch is held against every photo of it and its own photo is the class:
    cross-entropy over the batch, both ways. With `rivals` the batch is made of mined negatives.
    """
    drawn = (
        plain_batches(rows, options.batch_size)
        if rivals is None
        else hard_batches(rows, rivals, options.batch_size)
    )
    losses: list[float] = []
    batches = max(len(rows) // options.batch_size, 1)
    config = network.config.reranker
    for batch, photos in enumerate(drawn):
        captions = data.draw_captions(photos, 1)[0]
        with torch.autocast("cpu", torch.bfloat16):
            words, mask = data.frozen_texts(captions)
            words = words * network.whitening.word_scale
            cells, real, _ = data.images(photos)
            nodes = network.cross.image(cells, real)
            kept = torch.rand(nodes.shape[1]) >= config.drop_nodes
            if not kept.any():
                kept[0] = True
            logits = network.cross(
                network.cross.text(words, mask), drop_nodes(mask, config.drop_nodes), nodes[:, kept]
            )
        loss = contrastive_loss(logits.float(), photos)
        step, steps = epoch * batches + batch, options.epochs * batches
        losses.append(step_down(loss, optimizer, step, steps, options.warm_up))
        report(f"re-ranker epoch {epoch + 1}, loss {losses[-1]:.3f}", batch + 1, batches)
    return sum(losses) / len(losses)


@torch.inference_mode()
def mine(network: Network, data: TrainingSet, rows: Tensor, rivals: int = 30) -> Tensor:
    """For each photo of `rows` those of `rows` nearest to it in the trained space: (N, rivals)."""
    network.eval()
    parts = [network.dual.image(*data.images(part)) for part in rows.split(500)]
    vectors = torch.cat(parts)
    similarity = (vectors @ vectors.T).fill_diagonal_(-torch.inf)
    return rows[similarity.topk(min(rivals, len(rows) - 1), dim=1).indices]
