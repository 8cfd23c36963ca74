"""Traditional fusion by concatenation or averaging, with which graph fusion is compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.baselines.pair_model import ItemTensors, PairModel

__all__ = ["AverageModel", "ConcatModel", "FusionConfig"]


@dataclass(frozen=True)
class FusionConfig:
    """Sizes of a traditional fusion.

    Attributes:
        width: the width of the first layer, in which the modalities meet.
        hidden: the width of the classifier's hidden layer.
        dropout: share of units dropped in training, 0 to below 1.
    """

    width: int = 512
    hidden: int = 256
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if self.width < 1 or self.hidden < 1:
            raise ValueError(f"width {self.width} and hidden {self.hidden} must be 1 or more")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}, expected 0 to below 1")


class ConcatModel(PairModel):
    """Both feature vectors concatenated, then an MLP with two hidden layers and two classes.

    The first layer on a concatenation is the sum of two linear maps, so each is applied once per
    item.
    """

    def __init__(self, name: str, image_dim: int, text_dim: int, config: FusionConfig) -> None:
        super().__init__(name, image_dim, text_dim, asdict(config))
        self.first = nn.Linear(image_dim + text_dim, config.width)
        self.drop = nn.Dropout(config.dropout)
        self.second = nn.Linear(config.width, config.hidden)
        self.classes = nn.Linear(config.hidden, 2)

    def image_tensors(self, images: Tensor) -> ItemTensors:
        """Return the photo's share of the first layer, (B, width)."""
        return (functional.linear(self.drop(images), self.first.weight[:, : self.image_dim]),)

    def text_tensors(self, texts: Tensor) -> ItemTensors:
        """Return the caption's share of the first layer and its bias, (B, width)."""
        weight = self.first.weight[:, self.image_dim :]
        return (functional.linear(self.drop(texts), weight, self.first.bias),)

    def judge(self, image: ItemTensors, text: ItemTensors) -> Tensor:
        """Run the rest of the MLP: -> (B, 2)."""
        met = self.drop(functional.relu(image[0] + text[0]))
        return in_full(self.classes, self.drop(functional.relu(self.second(met))))


class AverageModel(PairModel):
    """A layer per modality into a common width, the average of both, then an MLP."""

    def __init__(self, name: str, image_dim: int, text_dim: int, config: FusionConfig) -> None:
        super().__init__(name, image_dim, text_dim, asdict(config))
        self.drop = nn.Dropout(config.dropout)
        self.image_in = nn.Linear(image_dim, config.width)
        self.text_in = nn.Linear(text_dim, config.width)
        self.hidden = nn.Linear(config.width, config.hidden)
        self.classes = nn.Linear(config.hidden, 2)

    def image_tensors(self, images: Tensor) -> ItemTensors:
        """Return the projected photo, (B, width)."""
        return (functional.relu(self.image_in(self.drop(images))),)

    def text_tensors(self, texts: Tensor) -> ItemTensors:
        """Return the projected caption, (B, width)."""
        return (functional.relu(self.text_in(self.drop(texts))),)

    def judge(self, image: ItemTensors, text: ItemTensors) -> Tensor:
        """Classify the average: -> (B, 2)."""
        average = self.drop((image[0] + text[0]) / 2)
        return in_full(self.classes, self.drop(functional.relu(self.hidden(average))))


def in_full(layer: nn.Module, features: Tensor) -> Tensor:
    """Run a last layer in float32: with the eight bits of bfloat16, different photos would tie."""
    with torch.autocast(features.device.type, enabled=False):
        logits: Tensor = layer(features.float())
    return logits
