"""Joint training of both graphs, on encoders whose last layers both of them tune."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from fusion.data.short_queries import ShortQueries
from fusion.graphs.adjacency import drop_nodes
from fusion.graphs.cross_graph import with_whole
from fusion.hardware.precision import fast_products
from fusion.network.network import Network
from fusion.network.node_reader import NodeReader, TextNodes
from fusion.progress_callback import Progress
from fusion.training.losses import contrastive_loss, multi_positive_loss
from fusion.training.sampling import TrainingSet, plain_batches, read_by_length, similar_groups

__all__ = ["Options", "joint_epoch", "learning_rate", "make_optimizer", "running_mean"]

Tensors = tuple[Tensor, ...] | list[Tensor]


@dataclass(frozen=True)
class Options:
    """How a network is trained."""

    epochs: int = 14
    batch_size: int = 280
    rate: float = 1.5e-3
    text_rate: float = 2e-4
    """Learning rate of the text encoder's tuned layers."""
    image_rate: float = 1e-4
    """Learning rate of the image encoder's tuned blocks."""
    kept_blocks: int = 0
    """How many of the image encoder's last blocks, counted from the first of them, stay frozen;
    their output is then computed only once."""
    decay: float = 0.2
    mix: float = 0.5
    """Share of batches in which two captions of each photo are mixed into one."""
    group: int = 70
    """Number of photos among which the cross-modal graph contrasts texts."""
    plain_groups: float = 0.3
    """Share of batches whose groups are random; all are in the first epochs, up to this share of
    the epochs."""
    cross_weight: float = 0.5
    short_weight: float = 0.3
    """Weight of the loss for retrieving the photos that a short query is true of."""
    short_groups: float = 0.25
    """Share of batches in which the cross-modal graph reads short queries instead of captions."""
    caption_weight: float = 0.3
    """Weight of the loss for retrieving a photo's caption by another caption of the same photo."""
    hide_words: float = 0.1
    """Share of a caption's words that the text encoder's tuned layers are not shown."""
    class_weight: float = 0.1
    """Weight of the loss for still finding the classes that the untuned image encoder found."""
    word_weight: float = 0.02
    """Weight of the word detector's loss, which is summed over the vocabulary."""
    gate_factor: float = 10.0
    """Factor on the learning rate of the graph layers' gates: they start at zero and steps are
    few."""
    warm_up: float = 0.15
    average: float = 0.99
    """Upper bound on the decay of the running mean of the weights."""
    patience: int = 4


def make_optimizer(network: Network, options: Options) -> torch.optim.AdamW:
    """Return AdamW with weight decay on the graphs' matrices and on the encoders' tuned layers.

    The schedule scales the `base_rate` of each parameter group.
    """
    reader, graphs = network.reader, (network.dual, network.cross, network.detector)
    named = [pair for graph in graphs for pair in graph.named_parameters()]
    gates = [p for name, p in named if name.endswith("graph.gates")]
    new = [p for name, p in named if not name.endswith("graph.gates")]
    groups: list[dict[str, object]] = [
        {"params": [p for p in new if p.ndim > 1], "weight_decay": options.decay},
        {"params": [p for p in new if p.ndim <= 1], "weight_decay": 0.0},
    ]
    for group in groups:
        group["base_rate"] = options.rate
    rate = options.rate * options.gate_factor
    groups.append({"params": gates, "weight_decay": 0.0, "base_rate": rate})
    for tower, rate in ((reader.layers, options.text_rate), (reader.blocks, options.image_rate)):
        if tower is not None:
            tuned = list(tower.parameters())
            groups.append({"params": tuned, "weight_decay": 0.01, "base_rate": rate})
    if reader.concepts is not None and reader.concepts.head.requires_grad:
        classifier = [reader.concepts.head, reader.concepts.offset]
        groups.append({"params": classifier, "weight_decay": 0.0, "base_rate": options.image_rate})
    return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))


def running_mean(network: nn.Module, most: float) -> AveragedModel:
    """Return a copy of the network that keeps a running mean of its weights, which ranks better.

    After s steps the mean spans about the last s / 9 of them, and never more than 1 / (1 - most).
    """

    def step(means: Tensors, weights: Tensors, steps: Tensor | int) -> None:
        kept = min(most, (1 + float(steps)) / (10 + float(steps)))
        torch._foreach_lerp_(means, weights, 1 - kept)

    return AveragedModel(network, multi_avg_fn=step)


def learning_rate(step: int, steps: int, warm_up: float) -> float:
    """Return the share of the base rate at a step: a linear warm-up, then half a cosine down to 0.

    >>> [round(learning_rate(step, 100, 0.1), 2) for step in (0, 9, 10, 55, 99)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    rising = max(int(steps * warm_up), 1)
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(steps - rising, 1)))


def step_down(loss: Tensor, optimizer: torch.optim.Optimizer, share: float) -> None:
    """Make one optimiser step on the loss, at `share` of the base rates."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_rate"] * share
    optimizer.zero_grad()
    loss.backward()
    for group in optimizer.param_groups:
        nn.utils.clip_grad_norm_(group["params"], 1.0)
    optimizer.step()


def joint_epoch(
    network: Network, data: TrainingSet, rows: Tensor, optimizer: torch.optim.Optimizer,
    epoch: int, options: Options, report: Progress,
) -> float:  # fmt: skip
    """Train both graphs for one epoch on the photos `rows`, with two captions each.

    Matrix products run in bfloat16 where that is faster.

    Returns:
        The mean loss over the batches.
    """
    device = network.gate.device
    losses: list[float] = []
    said_by_caption, _ = network.words.dense()
    batches = max(len(rows) // options.batch_size, 1)
    steps = options.epochs * batches
    known = rows.unique()
    for batch, photos in enumerate(plain_batches(rows, options.batch_size)):
        with fast_products(device.type):
            cells, pooled = network.reader.regions(data.photos(photos))
            images = network.reader.nodes(cells, pooled)
            drawn = data.draw_captions(photos, 2)
            read = [data.texts(network.reader, chosen, options.hide_words) for chosen in drawn]
            vectors = network.dual.image(*images).float()
            texts = [network.dual.text(*text).float() for text in read]
            scale = network.dual.log_scale.exp().clamp(max=100.0)
            ids = photos.to(device)
            loss = two_captions_loss(vectors, texts, ids, scale, options)
            early = epoch < options.plain_groups * options.epochs
            if early or torch.rand(()) < options.plain_groups:
                groups = list(torch.randperm(len(photos)).split(options.group))
            else:
                groups = similar_groups(vectors.detach(), options.group)
            asked = AskedBatch.captions(read[-1], texts[-1], ids)
            shorts = data.draw_shorts(drawn[0])
            if len(shorts) and data.shorts is not None:
                short = AskedBatch.shorts(network, data.shorts, shorts, photos)
                matched = multi_positive_loss(short.vectors @ vectors.T * scale, short.positive)
                loss = loss + options.short_weight * matched
                if torch.rand(()) < options.short_groups:
                    asked = short
            first = (asked.vectors @ vectors.T * scale).detach()
            regions = network.cross.image(*images)
            words = network.cross.text(*asked.read)
            matched = cross_loss(network, regions, words, asked, groups, first)
            told = word_loss(network, regions, said_by_caption[torch.searchsorted(known, photos)])
            if data.classes is not None:
                forgotten = class_loss(network.reader, cells, data.classes[photos])
                loss = loss + options.class_weight * forgotten
        share = learning_rate(epoch * batches + batch, steps, options.warm_up)
        total = loss + options.cross_weight * matched + options.word_weight * told
        step_down(total, optimizer, share)
        losses.append(total.item())
        parts = {"retrieval": loss, "re-ranking": matched, "words": told, "total": total}
        named = ", ".join(f"{name} {part.item():.3f}" for name, part in parts.items())
        done = epoch * batches + batch + 1
        report(done, steps, f"epoch {epoch + 1} of {options.epochs}, losses: {named}")
    return sum(losses) / len(losses)


class AskedBatch(NamedTuple):
    """Q texts as both stages take them, and which of B photos they are true of."""

    read: TextNodes
    vectors: Tensor
    """(Q, D)."""
    positive: Tensor
    """(Q, B) bool."""

    @classmethod
    def captions(cls, read: TextNodes, vectors: Tensor, photos: Tensor) -> AskedBatch:
        """Return a batch of one caption per photo; a photo may occur twice."""
        return cls(read, vectors, photos.unsqueeze(1) == photos.unsqueeze(0))

    @classmethod
    def shorts(
        cls, network: Network, shorts: ShortQueries, queries: Tensor, photos: Tensor
    ) -> AskedBatch:
        """Return a batch of short queries.

        A query is true of the photos whose captions, taken together, contain all of its words.
        """
        read = read_by_length(network.reader, shorts.features, queries, 0.0)
        vectors = network.dual.text(*read).float()
        return cls(read, vectors, shorts.positive(queries, photos).to(vectors.device))


def cross_loss(
    network: Network, regions: Tensor, words: Tensor, batch: AskedBatch, groups: Sequence[Tensor],
    first: Tensor,
) -> Tensor:  # fmt: skip
    """Return the cross-entropy of the cross-modal graph, in both directions.

    Within a group of photos, texts that are true of one of them (drawn at random, at most as many
    as there are photos) are scored with every photo: once by the graph's logits alone, and once by
    their sum with the first stage's logits `first` (Q, B). So the graph learns to discriminate and,
    above all, to correct the first stage.
    """
    hidden = network.config.reranker.drop_nodes
    mask = with_whole(batch.read.mask)
    parts = []
    for group in groups:
        positive = batch.positive[:, group]
        texts = positive.any(1).nonzero().squeeze(1)
        texts = texts[torch.randperm(len(texts))[: len(group)]]
        kept = drop_nodes(torch.ones(1, regions.shape[1], dtype=torch.bool), hidden)[0]
        shown = drop_nodes(mask[texts], hidden)
        logits = network.cross(words[texts], shown, regions[group][:, kept])
        mended = logits + first[texts][:, group]
        parts += [multi_positive_loss(both, positive[texts]) for both in (logits, mended)]
    return torch.stack(parts).mean()


def word_loss(network: Network, regions: Tensor, said_by_caption: Tensor) -> Tensor:
    """Return the detector's cross-entropy, summed over words and averaged over photos.

    Args:
        network: its word detector is judged.
        regions: (B, R + 1, Dn), the photos' nodes.
        said_by_caption: (B, V), the share of each photo's captions that say each word.
    """
    logits = network.detector(regions)
    return functional.binary_cross_entropy_with_logits(
        logits, said_by_caption, reduction="sum"
    ) / len(said_by_caption)


def class_loss(reader: NodeReader, cells: Tensor, likely: Tensor) -> Tensor:
    """Return the cross-entropy of B photos' classes after tuning with those before it.

    Tuning on some thousand captions makes the encoder forget what it knows of everything else; this
    loss prevents it (learning without forgetting: Li and Hoiem, ECCV 2016).

    Args:
        reader: its concept graph reads the tuned cells.
        cells: (B, R, D), the output of the tuned encoder.
        likely: (B, K), the class probabilities by the encoder as it was published.
    """
    assert reader.concepts is not None
    shares = reader.concepts.edges(cells).mean(1)
    return -(likely.to(shares) * (shares + 1e-6).log()).sum(1).mean()


def two_captions_loss(
    images: Tensor, texts: Sequence[Tensor], photos: Tensor, scale: Tensor, options: Options
) -> Tensor:
    """Return the contrastive loss of (B, D) images with two sets of their captions.

    The contrastive loss between the two sets is added, at `options.caption_weight`. In a share
    `options.mix` of calls the first set is mixed with the second before it meets the images.
    """
    first, second = texts
    mixed = first
    if torch.rand(()) < options.mix:
        share = torch.rand(len(photos), 1).to(first.device)
        mixed = functional.normalize(share * first + (1 - share) * second, dim=1)
    with torch.autocast(first.device.type, enabled=False):
        parts = [contrastive_loss(text @ images.T * scale, photos) for text in (mixed, second)]
        captions = contrastive_loss(first @ second.T * scale, photos)
    return torch.stack(parts).mean() + options.caption_weight * captions
