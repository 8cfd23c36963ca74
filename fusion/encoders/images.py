"""Photos as one tensor, each resized to an encoder's square regardless of its proportions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from fusion.runtime.squares import squares

__all__ = ["images_to_tensor"]


def images_to_tensor(images: Sequence[Image.Image], size_px: int) -> Tensor:
    """Resize photos to squares, as `fusion.runtime.squares` does it.

    Args:
        images: photos of any size and mode; those that aren't RGB are converted.
        size_px: side of the square.

    Returns:
        (B, 3, size_px, size_px) float32, 0 to 255.

    Raises:
        ValueError: there are no photos.
    """
    return torch.from_numpy(squares(images, size_px)).permute(0, 3, 1, 2).float().contiguous()
