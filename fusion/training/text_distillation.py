"""Distillation of a larger text encoder into the network's tuned text layers and a head.

Only texts are trained on, so batches can be large and the photos' side stays frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.data.features import CaptionFeatures, text_input
from fusion.graphs.adjacency import drop_nodes
from fusion.graphs.dual_graph import ModelConfig
from fusion.graphs.layers import ResidualProjection
from fusion.hardware.precision import fast_products
from fusion.network.node_reader import NodeReader
from fusion.progress_callback import Progress
from fusion.training.epochs import Options, learning_rate, running_mean

__all__ = ["TextLesson", "TextOptions", "distil_texts"]


@dataclass(frozen=True)
class TextOptions:
    """How text layers and the head are trained."""

    epochs: int = 9
    batch_size: int = 512
    head_rate: float = 1.5e-3
    layer_rate: float = 4e-4
    dropout: float = 0.1
    hide_words: float = 0.05
    """Share of a text's words that are hidden from the student."""
    photos: int = 2048
    """Number of photos, drawn for each batch, whose similarities to a text are compared between
    student and teacher."""
    sharpness: float = 20.0
    """Factor on these similarities before the softmax."""
    window: int = 16
    """Number of batches within which texts are sorted by length, to reduce padding."""


class TextLesson(NamedTuple):
    """Texts with their target vectors."""

    texts: CaptionFeatures
    rows: Tensor
    """(K,) int64, rows of the texts to learn from."""
    vectors: Tensor
    """(M, D) float16 of unit length, one for each text."""


class _Pupil(nn.Module):
    """The student: the reader's tuned layers, if it has any, and a head."""

    def __init__(self, reader: NodeReader, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.layers = reader.layers
        self.head = ResidualProjection(2 * config.text_dim, config.width, config.hidden, dropout)


def distil_texts(
    reader: NodeReader, lessons: list[TextLesson], photos: Tensor, config: ModelConfig,
    options: TextOptions, seed: int, report: Progress,
) -> ResidualProjection:  # fmt: skip
    """Train the reader's tuned layers, in place, and a new head for its summaries.

    Args:
        reader: the network's reader; all but its text layers stay frozen.
        lessons: captions and short queries, with their target vectors.
        photos: (N, D) float32 of unit length, photos embedded by the teacher.
        config: sets the head's sizes.
        options: the training options.
        seed: seeds all random draws.
        report: the progress callback.

    Returns:
        The head: summaries (B, 2 Dt) -> (B, D), to be scaled to unit length.
    """
    torch.manual_seed(seed)
    pupil = _Pupil(reader, config, options.dropout).train()
    head = list(pupil.head.parameters())
    groups = [
        {"params": [each for each in head if each.ndim > 1], "weight_decay": 0.05},
        {"params": [each for each in head if each.ndim <= 1], "weight_decay": 0.0},
    ]
    if pupil.layers is not None:
        pupil.layers.requires_grad_(True)
        layers = list(pupil.layers.parameters())
        groups.append({"params": layers, "weight_decay": 0.01, "lr": options.layer_rate})
    optimizer = torch.optim.AdamW(groups, lr=options.head_rate, betas=(0.9, 0.98))
    texts = sum(len(each.rows) for each in lessons)
    steps = options.epochs * max(texts // options.batch_size, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(min(step, steps - 1), steps, Options.warm_up)
    )
    averaged = running_mean(pupil, Options.average)
    step = 0
    for _ in range(options.epochs):
        for lesson, rows in _batches(lessons, options):
            loss = _lost(reader, pupil, lesson, rows, photos, options)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(pupil.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            averaged.update_parameters(pupil)
            step += 1
            report(min(step, steps), steps, f"texts, loss {loss.item():.3f}")
    taught = cast(_Pupil, averaged.module.eval())
    reader.layers = taught.layers
    return taught.head


def _batches(
    lessons: list[TextLesson], options: TextOptions
) -> Iterator[tuple[TextLesson, Tensor]]:
    """Return batches in random order, each of one kind of text and of similar lengths."""
    batches = []
    for lesson in lessons:
        lengths = torch.from_numpy(lesson.texts.mask.sum(1))
        drawn = lesson.rows[torch.randperm(len(lesson.rows))]
        for window in drawn.split(options.batch_size * options.window):
            ordered = window[lengths[window].argsort()]
            batches += [(lesson, rows) for rows in ordered.split(options.batch_size)]
    return (batches[place] for place in torch.randperm(len(batches)).tolist())


def _lost(
    reader: NodeReader, pupil: _Pupil, lesson: TextLesson, rows: Tensor, photos: Tensor,
    options: TextOptions,
) -> Tensor:  # fmt: skip
    """Return how far B texts are from their targets, by cosine and by their similarity to photos.

    For the latter, softmax distributions over a random sample of photos are compared.
    """
    inputs = text_input(lesson.texts, rows)
    inputs = inputs._replace(mask=drop_nodes(inputs.mask, options.hide_words))
    with fast_products("cpu"):
        read = reader.texts(inputs)
        vectors = pupil.head(read.summary)
    vectors, wanted = functional.normalize(vectors.float(), dim=1), lesson.vectors[rows].float()
    some = photos[torch.randint(0, len(photos), (options.photos,))].T * options.sharpness
    apart = functional.kl_div(
        (vectors @ some).log_softmax(1), (wanted @ some).softmax(1), reduction="batchmean"
    )
    return 2 * (1 - (vectors * wanted).sum(1)).mean() + apart
