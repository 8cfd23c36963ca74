"""`--option NAME=VALUE`: texts become values of the field's type, or are refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import NetworkConfig
from fusion.training.command_options import apply_options, options_of
from fusion.training.train_request import TrainingError, TrainRequest

CONFIG = NetworkConfig(
    4, 8, 4, model=ModelConfig(4, 4, 8), reranker=RerankerConfig(4, 8, 4, adjacency="attention")
)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("model.width", "64", 64),
        ("model.dropout", "0.25", 0.25),
        ("model.graph", "no", False),
        ("model.graph", "False", False),
        ("model.graph", "yes", True),
        ("reranker.adjacency", "cosine", "cosine"),
        ("reranker.heads", "4", 4),
    ],
)
def test_a_text_becomes_a_value_of_the_fields_type(option: str, text: str, value: object) -> None:
    part, _, name = option.partition(".")
    found = apply_options(CONFIG, {option: text, "training.epochs": "3"})
    assert getattr(getattr(found, part), name) == value
    assert type(getattr(getattr(found, part), name)) is type(value)
    unchanged = replace(getattr(found, part), **{name: getattr(getattr(CONFIG, part), name)})
    assert unchanged == getattr(CONFIG, part)


@pytest.mark.parametrize(
    ("option", "text", "told"),
    [
        ("model.width", "wide", "expected int"),
        ("model.graph", "maybe", "expected yes or no"),
        ("model.graph", "0.5", "expected yes or no"),
        ("reranker.adjacency", "manhattan", "expected attention or cosine"),
        ("model.colour", "red", "unknown"),
        ("width", "64", "unknown"),
        ("network.width", "64", "unknown"),
    ],
)
def test_others_are_refused(option: str, text: str, told: str) -> None:
    with pytest.raises(TrainingError, match=told) as caught:
        apply_options(CONFIG, {option: text})
    assert f"--option {option}" in str(caught.value)


def test_options_of_training_are_read_over_the_defaults() -> None:
    place = Path("anywhere")
    request = TrainRequest(
        place, place, place, place, "packaged", "crossgraph", place, place, epochs=3,
        options={"training.rate": "0.5", "model.width": "8"},
    )  # fmt: skip
    found = options_of(request)
    assert (found.epochs, found.rate) == (3, 0.5)
