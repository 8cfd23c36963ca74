"""The base class of models that judge a photo and a caption together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

__all__ = ["ItemTensors", "PairModel"]

ItemTensors = tuple[Tensor, ...]
"""Tensors computed once per item; the first dimension of each counts items."""

_BLOCK = (8, 64)  # captions and photos judged at a time: small enough for the processor's cache
_ENCODE = 256


class PairModel(nn.Module, ABC):
    """Judges pairs of pooled features: does this caption describe this photo?

    A subclass defines what is computed per photo, per caption and per pair. All three work row by
    row, so the score of a pair never depends on the other pairs of a batch.

    Args:
        name: the name by which `build_pair_model` builds the model.
        image_dim: P, the width of a photo's mean grid feature.
        text_dim: Pt, the width of a caption's mean word feature.
        options: the options with which `build_pair_model` builds the same model.
    """

    image_mean: Tensor
    image_std: Tensor
    text_mean: Tensor
    text_std: Tensor

    def __init__(
        self, name: str, image_dim: int, text_dim: int, options: Mapping[str, object]
    ) -> None:
        super().__init__()
        self.name, self.image_dim, self.text_dim = name, image_dim, text_dim
        self._options = dict(options)
        for side, width in (("image", image_dim), ("text", text_dim)):
            self.register_buffer(f"{side}_mean", torch.zeros(width))
            self.register_buffer(f"{side}_std", torch.ones(width))

    @property
    def config(self) -> dict[str, object]:
        """Return JSON values from which `build_pair_model(**config)` builds the same model."""
        return {
            "name": self.name,
            "image_dim": self.image_dim,
            "text_dim": self.text_dim,
            "options": {key: str(value) for key, value in self._options.items()},
        }

    @abstractmethod
    def image_tensors(self, images: Tensor) -> ItemTensors:
        """Compute what all pairs of a photo share, from standardised photos (B, P)."""

    @abstractmethod
    def text_tensors(self, texts: Tensor) -> ItemTensors:
        """Compute what all pairs of a caption share, from standardised captions (B, Pt)."""

    @abstractmethod
    def judge(self, image: ItemTensors, text: ItemTensors) -> Tensor:
        """Return (B, 2) logits, "false" and "true", of B pairs of photo and caption tensors."""

    def fill_bank(self, images: Tensor, texts: Tensor) -> None:
        """Keep training items that later serve as context; by default, keep none.

        Args:
            images: (N, P) float32, training photos.
            texts: (M, Pt) float32, training captions, in any order.
        """

    def extra_loss(self, image: ItemTensors, text: ItemTensors, photo_ids: Tensor) -> Tensor | None:
        """Return a loss over a batch of true pairs to add to the cross-entropy, or none."""
        return None

    def fit_statistics(self, images: Tensor, texts: Tensor) -> None:
        """Set the mean and deviation by which inputs are standardised, from training features."""
        for side, features in (("image", images), ("text", texts)):
            getattr(self, f"{side}_mean").copy_(features.float().mean(dim=0))
            getattr(self, f"{side}_std").copy_(features.float().std(dim=0).clamp_min(1e-6))

    def standard_images(self, images: Tensor) -> Tensor:
        """Standardise photos, (B, P) -> (B, P).

        Raises:
            ValueError: the width is not the one that the model was built for.
        """
        return _standard(images, self.image_mean, self.image_std, "photo")

    def standard_texts(self, texts: Tensor) -> Tensor:
        """Standardise captions, (B, Pt) -> (B, Pt).

        Raises:
            ValueError: the width is not the one that the model was built for.
        """
        return _standard(texts, self.text_mean, self.text_std, "caption")

    def forward(self, images: Tensor, texts: Tensor) -> Tensor:
        """Judge pairs row by row.

        Args:
            images: (B, P) float32.
            texts: (B, Pt) float32, where row b is paired with photo b.

        Returns:
            (B,) float32, the logit of "true" minus that of "false"; its sigmoid is a probability.

        Raises:
            ValueError: the numbers of photos and captions differ, or a width is wrong.
        """
        if len(images) != len(texts):
            raise ValueError(f"{len(images)} photos and {len(texts)} captions are not pairs")
        image = self.image_tensors(self.standard_images(images))
        text = self.text_tensors(self.standard_texts(texts))
        return margin(self.judge(image, text))

    @torch.no_grad()
    def score_matrix(
        self,
        images: Tensor,
        texts: Tensor,
        progress: Callable[[int, int], None] | None = None,
        reduced: bool = True,
    ) -> Tensor:
        """Judge every caption with every photo.

        Args:
            images: (G, P) float32.
            texts: (Q, Pt) float32.
            progress: called with the number of captions done and their total.
            reduced: compute pairs in bfloat16, which is about three times as fast on a CPU.

        Returns:
            (Q, G) float32 on the CPU: the result of `forward` for each pair.
        """
        was_training = self.training
        self.eval()
        try:
            image = _encode(lambda rows: self.image_tensors(self.standard_images(rows)), images)
            text = _encode(lambda rows: self.text_tensors(self.standard_texts(rows)), texts)
            return self._fill(image, text, progress, reduced)
        finally:
            self.train(was_training)

    def _fill(
        self,
        image: ItemTensors,
        text: ItemTensors,
        progress: Callable[[int, int], None] | None,
        reduced: bool,
    ) -> Tensor:
        captions, photos = len(text[0]), len(image[0])
        if reduced:
            image, text = (tuple(p.bfloat16() for p in parts) for parts in (image, text))
        scores = torch.empty(captions, photos)
        device = self.image_mean.device.type
        with torch.autocast(device, torch.bfloat16, enabled=reduced):
            for q in range(0, captions, _BLOCK[0]):
                for g in range(0, photos, _BLOCK[1]):
                    scores[q : q + _BLOCK[0], g : g + _BLOCK[1]] = self._block(
                        tuple(part[g : g + _BLOCK[1]] for part in image),
                        tuple(part[q : q + _BLOCK[0]] for part in text),
                    )
                if progress:
                    progress(min(q + _BLOCK[0], captions), captions)
        return scores

    def _block(self, image: ItemTensors, text: ItemTensors) -> Tensor:
        """Return (Q, G) scores of all pairs of two small sets."""
        captions, photos = len(text[0]), len(image[0])
        both = self.judge(
            tuple(part.repeat(captions, *[1] * (part.ndim - 1)) for part in image),
            tuple(part.repeat_interleave(photos, dim=0) for part in text),
        )
        return margin(both).reshape(captions, photos)


def margin(logits: Tensor) -> Tensor:
    """Return the "true" logit minus the "false" logit: (B, 2) -> (B,).

    >>> margin(torch.tensor([[1.0, 3.0]])).tolist()
    [2.0]
    """
    return logits[:, 1].float() - logits[:, 0].float()


def _standard(features: Tensor, mean: Tensor, std: Tensor, item: str) -> Tensor:
    if features.ndim != 2 or features.shape[1] != len(mean):
        raise ValueError(
            f"{item} features are {tuple(features.shape)}, expected (B, {len(mean)}): "
            "the model was made for other encoders"
        )
    return (features.to(mean) - mean) / std


def _encode(parts: Callable[[Tensor], ItemTensors], features: Tensor) -> ItemTensors:
    blocks = [parts(rows) for rows in features.split(_ENCODE)]
    return tuple(torch.cat(part) for part in zip(*blocks, strict=True))
