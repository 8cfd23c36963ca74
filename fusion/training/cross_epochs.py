"""Further training of the cross-modal graph while the first stage stays frozen."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from fusion.hardware.precision import fast_products
from fusion.network.network import Network
from fusion.progress_callback import Progress
from fusion.training.epochs import (
    AskedBatch,
    Options,
    cross_loss,
    learning_rate,
    make_optimizer,
    running_mean,
)
from fusion.training.sampling import TrainingSet, plain_batches, similar_groups

__all__ = ["train_cross_graph"]

EPOCHS = 3
RATE = 5e-4


def train_cross_graph(
    network: Network, data: TrainingSet, rows: Tensor, options: Options, seed: int, report: Progress
) -> None:
    """Train the cross-modal graph, in place, to correct the first stage's rankings.

    The layers that compute its photo nodes stay frozen, because the word detector reads these nodes
    too.
    """
    torch.manual_seed(seed)
    network.eval().requires_grad_(False)
    network.cross.train().requires_grad_(True)
    network.cross.image.eval().requires_grad_(False)
    optimizer = make_optimizer(network, replace(options, rate=RATE))
    averaged = running_mean(network.cross, options.average)
    batches = max(len(rows) // options.batch_size, 1)
    steps = EPOCHS * batches
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(min(step, steps - 1), steps, options.warm_up)
    )
    for epoch in range(EPOCHS):
        for batch, photos in enumerate(plain_batches(rows, options.batch_size)):
            loss = _lost(network, data, photos, options)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.cross.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            averaged.update_parameters(network.cross)
            done = epoch * batches + batch + 1
            report(done, steps, f"cross-modal graph, loss {loss.item():.3f}")
    network.cross.load_state_dict(averaged.module.state_dict())
    network.eval()


def _lost(network: Network, data: TrainingSet, photos: Tensor, options: Options) -> Tensor:
    """Return the loss of B photos with one caption each, or with these captions' short queries.

    Which of the two is drawn at random for each batch.
    """
    with torch.no_grad(), fast_products("cpu"):
        images = network.reader.photos(data.photos(photos))
        vectors = network.dual.image(*images).float()
        drawn = data.draw_captions(photos, 1)[0]
        read = data.texts(network.reader, drawn, options.hide_words)
        asked = AskedBatch.captions(read, network.dual.text(*read).float(), photos)
        shorts = data.draw_shorts(drawn)
        if len(shorts) and data.shorts is not None and torch.rand(()) < options.short_groups:
            asked = AskedBatch.shorts(network, data.shorts, shorts, photos)
        scale = network.dual.log_scale.exp().clamp(max=100.0)
        first = asked.vectors @ vectors.T * scale
        regions = network.cross.image(*images)
    if torch.rand(()) < options.plain_groups:
        groups = list(torch.randperm(len(photos)).split(options.group))
    else:
        groups = similar_groups(vectors, options.group)
    with fast_products("cpu"):
        words = network.cross.text(*asked.read)
        return cross_loss(network, regions, words, asked, groups, first)
