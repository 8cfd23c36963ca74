"""Training on pairs: it learns, stops early, and resumes as if it had not been interrupted."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from fusion.baselines.build import PAIR_MODELS, build_pair_model
from fusion.baselines.pair_model import PairModel
from fusion.baselines.pair_training import (
    PairResume,
    copied,
    mismatched,
    text_to_image_recall,
    train_pair_model,
)

SMALL = {"width": "32", "bank": "16", "neighbours": "2"}
Split = tuple[Tensor, Tensor, Tensor]


def split(photos: int, seed: int) -> Split:
    """Return photos with two captions each that share four hidden factors with their photo."""
    generator = torch.Generator().manual_seed(seed)
    to_image, to_text = torch.randn(2, 4, 10, generator=torch.Generator().manual_seed(99))
    hidden = torch.randn(photos, 4, generator=generator)
    rows = torch.arange(photos).repeat_interleave(2)
    return hidden @ to_image, hidden[rows] @ to_text, rows


def untrained(name: str) -> PairModel:
    torch.manual_seed(0)
    options = SMALL if name.startswith("article") else {"width": "32", "dropout": "0.1"}
    return build_pair_model(name, 10, 10, options)


@pytest.mark.parametrize("name", PAIR_MODELS)
def test_learns_to_match(name: str) -> None:
    model = untrained(name)
    history = train_pair_model(
        model, *split(120, 1), *split(40, 2), epochs=15, seed=0, batch_size=32, lr=5e-3, patience=15
    )
    assert max(log["accuracy"] for log in history) > 75
    assert history[-1]["loss"] < history[0]["loss"]


def test_same_seed_same_model_and_global_randomness_left_alone() -> None:
    states, draws = [], []
    for _ in range(2):
        model = untrained("article-tuned")
        train_pair_model(model, *split(20, 1), *split(10, 2), epochs=2, seed=3, batch_size=8)
        states.append(model.state_dict())
        draws.append(torch.rand(1))
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert torch.equal(*draws)


def test_a_resumed_training_is_one_that_never_stopped() -> None:
    data = (*split(20, 1), *split(10, 2))
    kept: list[PairResume] = []
    logs: list[dict[str, float]] = []

    def keep(
        epoch: int, log: dict[str, float], model: PairModel, optimizer: torch.optim.Optimizer
    ) -> None:
        logs.append(log)
        if epoch == 2:
            best = copied(model) if logs[1]["R@1"] > logs[0]["R@1"] else first
            kept.append(
                PairResume(list(logs), copied(model), copy.deepcopy(optimizer.state_dict()), best)
            )
        elif epoch == 1:
            first.update(copied(model))

    first: dict[str, Tensor] = {}
    whole, resumed = untrained("article-tuned"), untrained("article-tuned")
    expected = train_pair_model(whole, *data, epochs=4, seed=3, batch_size=8, on_epoch=keep)
    history = train_pair_model(resumed, *data, epochs=4, seed=3, batch_size=8, start=kept[0])
    assert history == expected
    state = resumed.state_dict()
    assert all(torch.equal(state[key], value) for key, value in whole.state_dict().items())


def test_stops_when_nothing_gets_better_and_keeps_the_best() -> None:
    model = untrained("concat")
    best: dict[float, dict[str, Tensor]] = {}

    def keep(_: int, log: dict[str, float], seen: PairModel, __: object) -> None:
        best.setdefault(log["R@1"], copied(seen))

    history = train_pair_model(
        model,
        *split(20, 1),
        *split(10, 2),
        epochs=50,
        seed=0,
        batch_size=8,
        lr=0.0,
        patience=2,
        on_epoch=keep,
    )
    assert len(history) == 3
    assert all(
        torch.equal(value, model.state_dict()[key]) for key, value in best[max(best)].items()
    )


def test_false_pairs_are_of_other_photos() -> None:
    photo_ids = torch.tensor([1, 1, 2, 3, 3, 3])
    for _ in range(20):
        assert (photo_ids[mismatched(photo_ids)] != photo_ids).all()


def test_recall_by_hand_counts_ties_against() -> None:
    scores = torch.tensor([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    right = torch.tensor([0, 1, 2])
    assert text_to_image_recall(scores, right, 1) == pytest.approx(100 / 3)
    assert text_to_image_recall(scores, right, 2) == pytest.approx(200 / 3)
    assert text_to_image_recall(scores, right, 3) == pytest.approx(100)


def test_needs_two_photos_to_tell_apart() -> None:
    with pytest.raises(ValueError, match="fewer than two pairs"):
        train_pair_model(untrained("concat"), *split(1, 1), *split(2, 2))
