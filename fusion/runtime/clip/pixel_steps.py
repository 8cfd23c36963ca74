"""Preprocesses photos for a CLIP-like model: the steps of its processor, with Pillow and numpy.

The steps and their order are those of transformers' processors, whose Pillow backend gives the same
numbers (`fusion/export/clip_steps.py` reads the steps, `fusion/export/write_clip.py` compares).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["PIXELS", "PIXEL_MASK", "SHAPES", "PixelSteps", "patched_size"]

PIXELS, PIXEL_MASK, SHAPES = "pixel_values", "pixel_attention_mask", "spatial_shapes"
"""Names of a graph's inputs; only models that take patches of any proportions have the last two."""

LONG_SIDES = 8
"""If a side is longer than this many crops, only the part that the crop shows is resized: a photo
of one row and ten thousand columns would otherwise take gigabytes."""


@dataclass(frozen=True)
class PixelSteps:
    """The steps, in their order; all sizes in pixels.

    Attributes:
        resize: `exact` resizes to height and width; `shortest` or `longest` resizes that side to
            the first of `size`; `patches` keeps the proportions, with a maximum number of patches;
            `none` does not resize.
        size: height and width for `exact`; the side, twice, for `shortest` and `longest`; the side
            of a patch and the maximum number of patches for `patches`.
        resample: a filter of Pillow.
        crop: height and width of the centre crop, black where the photo is smaller; None for no
            crop.
        scale: the factor for pixel values from 0 to 255.
        mean: red, green and blue, subtracted after scaling.
        deviation: red, green and blue, the divisors after that.
        rounds_offsets: whether the crop's offset is rounded, as in torchvision; else it is rounded
            down.
    """

    resize: str
    size: tuple[int, int]
    resample: int
    crop: tuple[int, int] | None
    scale: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    rounds_offsets: bool = False

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the steps from the values of `to_json`."""
        lists: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**lists)

    def to_json(self) -> dict[str, Any]:
        """Return the values for `from_json`, as JSON types."""
        return asdict(self)

    def inputs_of(self, image: Image.Image) -> dict[str, NDArray[Any]]:
        """Return a graph's inputs for one photo, a batch of one.

        Args:
            image: a photo of any size and mode; modes other than RGB are converted.
        """
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        mean, deviation = (np.array(each, np.float32) for each in (self.mean, self.deviation))
        levels = np.asarray(self._resized(rgb), np.float32) * np.float32(self.scale)
        pixels: NDArray[np.float32] = (levels - mean) / deviation
        if self.resize != "patches":
            return {PIXELS: np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]}
        return _patches(pixels, *self.size)

    def _resized(self, image: Image.Image) -> Image.Image:
        height, width = self._new_size(image)
        if self.crop is None:
            return self._scaled(image, (height, width), (0, 0, height, width))
        rows, columns = self.crop
        top, left = self._before(height - rows), self._before(width - columns)
        shown = (
            max(0, top) if rows * LONG_SIDES < height else 0,
            max(0, left) if columns * LONG_SIDES < width else 0,
            min(height, top + rows) if rows * LONG_SIDES < height else height,
            min(width, left + columns) if columns * LONG_SIDES < width else width,
        )
        scaled = self._scaled(image, (height, width), shown)
        top, left = top - shown[0], left - shown[1]
        return scaled.crop((left, top, left + columns, top + rows))

    def _before(self, rest: int) -> int:
        """Return how much of `rest` comes before the crop; negative if the crop is larger."""
        if not self.rounds_offsets:
            return rest // 2
        return round(rest / 2) if rest >= 0 else -(-rest // 2)

    def _new_size(self, image: Image.Image) -> tuple[int, int]:
        """Return the height and width of the whole photo after resizing."""
        width, height = image.size
        if self.resize == "exact":
            return self.size
        if self.resize == "patches":
            return patched_size(height, width, *self.size)
        side = self.size[0]
        if self.resize == "shortest":
            if width <= height:
                return max(1, int(side * height / width)), side
            return side, max(1, int(side * width / height))
        if self.resize == "longest":
            scale = side / max(height, width)
            return max(1, round(height * scale)), max(1, round(width * scale))
        return height, width

    def _scaled(
        self, image: Image.Image, size: tuple[int, int], shown: tuple[int, int, int, int]
    ) -> Image.Image:
        """Return the part (top, left, bottom, right) of a photo resized to (height, width)."""
        (height, width), (top, left, bottom, right) = size, shown
        if (width, height) == image.size and shown == (0, 0, height, width):
            return image
        across, down = image.width / width, image.height / height
        box = (left * across, top * down, right * across, bottom * down)
        whole = shown == (0, 0, height, width)
        return image.resize(
            (right - left, bottom - top),
            Image.Resampling(self.resample),
            box=None if whole else box,
        )


def patched_size(height: int, width: int, patch: int, most: int) -> tuple[int, int]:
    """Return the height and width for a photo to have at most `most` patches.

    Both sides are multiples of the patch, and the proportions are nearly kept. The search for the
    scale is the one of SigLIP 2 (Tschannen et al., 2025, NaFlex).

    >>> patched_size(480, 640, 16, 256)
    (224, 288)
    """

    def side(length: int, scale: float) -> int:
        return max(patch, math.ceil(length * scale / patch) * patch)

    least, largest = 1e-6, 100.0
    while largest - least >= 1e-5:
        scale = (least + largest) / 2
        patches = (side(height, scale) / patch) * (side(width, scale) / patch)
        if patches <= most:
            least = scale
        else:
            largest = scale
    return side(height, least), side(width, least)


def _patches(pixels: NDArray[np.float32], patch: int, most: int) -> dict[str, NDArray[Any]]:
    """Return patches in row order, (1, most, patch * patch * 3), padded with zeros."""
    rows, columns = pixels.shape[0] // patch, pixels.shape[1] // patch
    cut = pixels.reshape(rows, patch, columns, patch, 3).transpose(0, 2, 1, 3, 4)
    held = np.zeros((1, most, patch * patch * 3), np.float32)
    held[0, : rows * columns] = cut.reshape(rows * columns, -1)
    mask = (np.arange(most) < rows * columns).astype(np.int32)[None]
    return {PIXELS: held, PIXEL_MASK: mask, SHAPES: np.array([[rows, columns]], np.int64)}
