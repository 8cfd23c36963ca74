"""Photos as one tensor, each squashed to the square that an encoder was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = ["images_to_tensor"]


def images_to_tensor(
    images: Sequence[Image.Image], size_px: int, resample: Image.Resampling
) -> Tensor:
    """Resize photos to squares, not keeping their proportions, so that nothing is cut off.

    Args:
        images: photos of any size and mode; those that aren't RGB are converted.
        size_px: side of the square.
        resample: PIL's filter.

    Returns:
        (B, 3, size_px, size_px) float32, 0 to 255.

    Raises:
        ValueError: if there are no photos.
    """
    if not images:
        raise ValueError("no images to encode: expected at least one")
    squares = [_square(image, size_px, resample) for image in images]
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float().contiguous()


def _square(
    image: Image.Image, size_px: int, resample: Image.Resampling
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    return np.asarray(rgb.resize((size_px, size_px), resample), dtype=np.uint8)
