"""Training of the models that judge pairs, on true pairs and mismatched ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fusion.baselines.pair_model import PairModel

__all__ = ["PairResume", "mismatched", "text_to_image_recall", "train_pair_model"]

State = dict[str, Tensor]
OnEpoch = Callable[[int, dict[str, float], PairModel, torch.optim.Optimizer], None]

WEIGHT_DECAY = 1e-2


@dataclass(frozen=True)
class PairResume:
    """The state of an interrupted training: that of the last `on_epoch`, and the best model so far.

    Attributes:
        history: the logs of the epochs done, in order.
        model: the model's state after the last of them.
        optimizer: the optimiser's state after the last of them.
        best: the model's state after the epoch with the best development recall.
    """

    history: list[dict[str, float]]
    model: State
    optimizer: dict[str, object]
    best: State


@dataclass(frozen=True)
class _Split:
    """Photos (N, P), captions (M, Pt) and the row of each caption's photo, (M,)."""

    images: Tensor
    texts: Tensor
    photo_rows: Tensor


def train_pair_model(
    model: PairModel,
    images: Tensor,
    texts: Tensor,
    photo_rows: Tensor,
    dev_images: Tensor,
    dev_texts: Tensor,
    dev_photo_rows: Tensor,
    *,
    epochs: int = 15,
    seed: int = 0,
    batch_size: int = 256,
    lr: float = 1e-3,
    patience: int = 4,
    on_epoch: OnEpoch | None = None,
    start: PairResume | None = None,
) -> list[dict[str, float]]:
    """Train a model in place and leave it with the weights of its best epoch.

    A step takes a batch of true pairs and as many false ones, in which each caption is paired with
    another photo of the batch, and minimises the cross-entropy of the two classes with AdamW. The
    learning rate falls along a cosine over the epochs. An epoch is judged by text-to-image R@1 on
    the development photos, with the first caption of each.

    Args:
        model: an untrained model, or the one that `start` belongs to.
        images: (N, P) float, training photos; they set the standardisation and the bank.
        texts: (M, Pt) float, their captions.
        photo_rows: (M,) int64, the row of each caption's photo.
        dev_images: (N', P), development photos, which are never trained on.
        dev_texts: (M', Pt), their captions.
        dev_photo_rows: (M',) int64, the row of each caption's photo.
        epochs: the maximum number of epochs, including those before `start`.
        seed: fixes order, false pairs and dropout; a resumed training gives the same result as an
            uninterrupted one. The model's initial weights are for the caller to seed.
        batch_size: true pairs in a step, 2 or more.
        lr: the initial learning rate.
        patience: number of epochs without a better recall after which training stops.
        on_epoch: called after each epoch with its number from 1, its log, model and optimiser.
        start: the state to continue from; None to start afresh.

    Returns:
        One log per epoch: 'epoch', 'loss', 'train_accuracy' and, from the development split,
        'accuracy' (one true and one false pair per caption), 'R@1', 'R@10' (percent).

    Raises:
        ValueError: fewer than two photos have captions, or the batch size is below 2.
    """
    train = _Split(images.float(), texts.float(), photo_rows)
    dev = one_caption_each(_Split(dev_images.float(), dev_texts.float(), dev_photo_rows))
    if batch_size < 2 or len(photo_rows.unique()) < 2:
        raise ValueError(f"batch size {batch_size} leaves fewer than two pairs to distinguish")
    model.fit_statistics(train.images, train.texts)
    model.fill_bank(train.images, train.texts)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=WEIGHT_DECAY)
    history: list[dict[str, float]] = []
    best = copied(model)
    if start:
        model.load_state_dict(start.model)
        optimizer.load_state_dict(start.optimizer)
        history, best = list(start.history), start.best
    for epoch in range(len(history) + 1, epochs + 1):
        if since_best(history) >= patience:
            break
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
        with torch.random.fork_rng():
            torch.manual_seed(seed * 100_003 + epoch)
            log = run_epoch(model, train, optimizer, batch_size)
        history.append({"epoch": float(epoch), **log, **evaluate(model, dev)})
        if since_best(history) == 0:
            best = copied(model)
        if on_epoch:
            on_epoch(epoch, history[-1], model, optimizer)
    model.load_state_dict(best)
    model.eval()
    return history


def run_epoch(
    model: PairModel, data: _Split, optimizer: torch.optim.Optimizer, batch_size: int
) -> dict[str, float]:
    """Train for one pass through the captions; return its mean loss and accuracy (percent)."""
    model.train()
    total, right, steps, pairs = 0.0, 0, 0, 0
    for rows in torch.randperm(len(data.texts)).split(batch_size):
        photo_ids = data.photo_rows[rows]
        false = mismatched(photo_ids)
        if not (false >= 0).all():  # the last batch may consist of captions of a single photo
            continue
        loss, correct = pair_loss(model, data.images[photo_ids], data.texts[rows], photo_ids, false)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total, right = total + loss.item(), right + correct
        steps, pairs = steps + 1, pairs + 2 * len(rows)
    return {"loss": total / max(steps, 1), "train_accuracy": 100 * right / max(pairs, 1)}


def pair_loss(
    model: PairModel, images: Tensor, texts: Tensor, photo_ids: Tensor, false: Tensor
) -> tuple[Tensor, int]:
    """Return the loss over B true pairs and as many false ones, and how many were judged right."""
    device = model.image_mean.device
    image = model.image_tensors(model.standard_images(images))
    text = model.text_tensors(model.standard_texts(texts))
    order = torch.cat([torch.arange(len(false)), false]).to(device)
    logits = model.judge(
        tuple(part[order] for part in image), tuple(torch.cat([part, part]) for part in text)
    )
    target = torch.zeros(len(order), dtype=torch.int64, device=device)
    target[: len(false)] = 1
    loss = functional.cross_entropy(logits, target)
    extra = model.extra_loss(image, text, photo_ids.to(device))
    correct = int((logits.argmax(dim=1) == target).sum())
    return (loss if extra is None else loss + extra), correct


def mismatched(photo_ids: Tensor) -> Tensor:
    """Draw, for each item of a batch, another with a different photo: (B,) -> (B,), -1 for none.

    >>> mismatched(torch.tensor([4, 4, 9])).tolist()[:2]
    [2, 2]
    >>> mismatched(torch.tensor([5, 5])).tolist()
    [-1, -1]
    """
    differs = photo_ids.unsqueeze(1) != photo_ids.unsqueeze(0)
    draw = torch.rand(differs.shape, device=photo_ids.device).masked_fill(~differs, -1.0)
    best = draw.max(dim=1)
    return best.indices.masked_fill(best.values < 0, -1)


def text_to_image_recall(scores: Tensor, right: Tensor, k: int) -> float:
    """Return the percentage of captions whose photo is among the k best; ties count against it.

    >>> text_to_image_recall(torch.tensor([[0.9, 0.1], [0.5, 0.5]]), torch.tensor([0, 1]), 1)
    50.0
    """
    own = scores.gather(1, right.unsqueeze(1))
    return 100 * ((scores >= own).sum(dim=1) <= k).float().mean().item()


def one_caption_each(data: _Split) -> _Split:
    """Keep the first caption of each captioned photo, photos in the order of their rows."""
    rows: dict[int, int] = {}
    for row, photo in enumerate(data.photo_rows.tolist()):
        rows.setdefault(photo, row)
    photos = torch.tensor(sorted(rows))
    captions = torch.tensor([rows[photo] for photo in sorted(rows)])
    return _Split(data.images[photos], data.texts[captions], torch.arange(len(photos)))


def evaluate(model: PairModel, dev: _Split) -> dict[str, float]:
    """Return recall and accuracy in percent; false pairs join a caption with the photo before."""
    scores = model.score_matrix(dev.images, dev.texts)
    true, false = scores.diagonal(), scores.roll(1, dims=1).diagonal()
    return {
        "accuracy": 50 * ((true > 0).float().mean() + (false <= 0).float().mean()).item(),
        **{f"R@{k}": text_to_image_recall(scores, dev.photo_rows, k) for k in (1, 10)},
    }


def since_best(history: list[dict[str, float]]) -> int:
    """Return the number of epochs since the best development R@1, the first one in case of ties.

    >>> since_best([{"R@1": 3.0}, {"R@1": 5.0}, {"R@1": 5.0}])
    1
    """
    if not history:
        return 0
    recalls = [log["R@1"] for log in history]
    return len(recalls) - 1 - recalls.index(max(recalls))


def copied(model: PairModel) -> State:
    """Return a copy of the model's state, which further training does not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
