"""Training of the first stage's heads on frozen summaries.

Joint training can afford a few hundred photos per batch and a few hundred steps. With all of the
encoders frozen, a head trains on a thousand photos at once, in a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.data.short_queries import ShortQueries
from fusion.graphs.dual_graph import ModelConfig
from fusion.graphs.layers import ResidualProjection
from fusion.hardware.precision import fast_products
from fusion.progress_callback import Progress
from fusion.training.epochs import Options, learning_rate, running_mean, two_captions_loss
from fusion.training.losses import multi_positive_loss
from fusion.training.sampling import PLAIN_VIEW, plain_batches

__all__ = ["HeadOptions", "Heads", "SoftTargets", "Summaries", "soften", "train_heads"]


@dataclass(frozen=True)
class HeadOptions:
    """How heads are trained."""

    epochs: int = 14
    batch_size: int = 1024
    rate: float = 1.5e-3
    decay: float = 0.2
    soft_weight: float = 1.0
    """Weight of the loss for agreeing with the teachers, if there are any."""
    soft_temperature: float = 0.05
    """Temperature of the teachers' cosines."""


@dataclass(frozen=True)
class Summaries:
    """The heads' input: summaries of N photos, M captions and U short queries.

    Attributes:
        photos: (V, N, P) float16, in V views.
        texts: (M, S) float16, of the captions.
        shorts: (U, S) float16, of the short queries.
        captions_of: (N, C) int64, as in `TrainingSet`.
        queries: the short queries; None to train on captions alone.
    """

    photos: Tensor
    texts: Tensor
    shorts: Tensor
    captions_of: Tensor
    queries: ShortQueries | None

    def views(self, rows: Tensor) -> Tensor:
        """Draw a view of each of B photos: (B,) -> (B,)."""
        others = torch.randint(0, len(self.photos), rows.shape)
        return torch.where(torch.rand(rows.shape) < PLAIN_VIEW, 0, others)

    def captions(self, rows: Tensor) -> Tensor:
        """Draw two captions of each of B photos: (2, B).

        They are sure to differ only where the photo has C captions, since others are repeated.
        """
        slots = torch.rand(len(rows), self.captions_of.shape[1]).argsort(1)[:, :2]
        return self.captions_of[rows.unsqueeze(1), slots].T


class Heads(nn.Module):
    """A head for photos and one for texts: vectors of unit length in one space of `width`."""

    def __init__(self, photo_dim: int, text_dim: int, config: ModelConfig) -> None:
        super().__init__()
        sizes = config.width, config.hidden, config.dropout
        self.image = ResidualProjection(photo_dim, *sizes)
        self.text = ResidualProjection(text_dim, *sizes)
        self.log_scale = nn.Parameter(torch.tensor(1.0 / config.temperature).log())

    def photos(self, summaries: Tensor) -> Tensor:
        """Embed photos: (B, P) -> (B, D)."""
        return functional.normalize(self.image(summaries.float()).float(), dim=1)

    def texts(self, summaries: Tensor) -> Tensor:
        """Embed texts: (B, S) -> (B, D)."""
        return functional.normalize(self.text(summaries.float()).float(), dim=1)


class SoftTargets(NamedTuple):
    """Vectors by one or several trained pairs of heads, concatenated."""

    photos: Tensor
    """(V, N, T x D) float16."""
    texts: Tensor
    """(M, T x D) float16."""
    pairs: int
    """T, the number of pairs of heads."""

    @classmethod
    @torch.no_grad()
    def of(cls, teachers: list[Heads], data: Summaries) -> Self:
        """Embed all photos, in all views, and all captions."""
        photos = [
            torch.stack([_in_blocks(each.photos, view) for view in data.photos])
            for each in teachers
        ]
        texts = [_in_blocks(each.texts, data.texts) for each in teachers]
        return cls(torch.cat(photos, 2), torch.cat(texts, 1), len(teachers))


def _in_blocks(head: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    return torch.cat([head(block).half() for block in rows.split(2000)])


def train_heads(
    data: Summaries, rows: Tensor, config: ModelConfig, options: HeadOptions, seed: int,
    report: Progress, soft: SoftTargets | None = None,
) -> Heads:  # fmt: skip
    """Train heads contrastively and, if `soft` is given, to agree with it as well.

    Args:
        data: the summaries.
        rows: rows of the photos to train on; some may occur twice.
        config: sets the widths, dropout and temperature.
        options: the training options.
        seed: seeds all random draws.
        report: the progress callback.
        soft: the vectors that trained teachers give to the same photos and captions.
    """
    torch.manual_seed(seed)
    heads = Heads(data.photos.shape[2], data.texts.shape[1], config).train()
    matrices = [each for each in heads.parameters() if each.ndim > 1]
    others = [each for each in heads.parameters() if each.ndim <= 1]
    groups: list[dict[str, object]] = [
        {"params": matrices},
        {"params": others, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=options.rate, betas=(0.9, 0.98), weight_decay=options.decay,
    )  # fmt: skip
    steps = options.epochs * max(len(rows) // options.batch_size, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(step, steps, Options.warm_up)
    )
    averaged = running_mean(heads, Options.average)
    for epoch in range(options.epochs):
        for photos in plain_batches(rows, options.batch_size):
            loss = heads_loss(heads, data, photos, options, soft)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            averaged.update_parameters(heads)
        report(epoch + 1, options.epochs, "epochs of heads")
    return cast(Heads, averaged.module.eval())


def heads_loss(
    heads: Heads, data: Summaries, photos: Tensor, options: HeadOptions, soft: SoftTargets | None
) -> Tensor:
    """Return the heads' loss on the photos `photos` (B,), their captions and short queries.

    It is a contrastive loss; with `soft`, the divergence from the teachers' similarities is added.
    """
    views, captions = data.views(photos), data.captions(photos)
    with fast_products("cpu"):
        vectors = heads.photos(data.photos[views, photos])
        texts = [heads.texts(data.texts[drawn]) for drawn in captions]
    scale = heads.log_scale.exp().clamp(max=100.0)
    loss = two_captions_loss(vectors, texts, photos, scale, Options())
    if data.queries is not None:
        asked = data.queries.of_caption[captions[0]]
        asked = asked[asked >= 0].unique()
        with fast_products("cpu"):
            short = heads.texts(data.shorts[asked])
        positive = data.queries.positive(asked, photos)
        if positive.any():
            logits = short @ vectors.T * scale
            loss = loss + Options.short_weight * multi_positive_loss(logits, positive)
    if soft is None:
        return loss
    told = soft.photos[views, photos].float()
    for drawn, text in zip(captions, texts, strict=True):
        wanted = soft.texts[drawn].float() @ told.T / (soft.pairs * options.soft_temperature)
        loss = loss + options.soft_weight / 2 * soften(text @ vectors.T * scale, wanted)
    return loss


def soften(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return the KL divergence between two sets of logits (B, B), mean over rows and columns.

    This is knowledge distillation (Hinton et al., 2015).
    """
    pairs = ((logits, wanted), (logits.T, wanted.T))
    parts = [
        functional.kl_div(learnt.log_softmax(1), told.softmax(1), reduction="batchmean")
        for learnt, told in pairs
    ]
    return (parts[0] + parts[1]) / 2
