"""Photos are resized to squares without cropping, and a square stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fusion.runtime.squares import square, squares


def test_a_photo_is_squashed_and_nothing_cut_off() -> None:
    image = Image.new("RGB", (80, 20), "red")
    image.paste("blue", (40, 0, 80, 20))
    made = np.asarray(square(image, 16))
    assert made.shape == (16, 16, 3)
    assert made[:, :4].tolist() == [[[255, 0, 0]] * 4] * 16
    assert made[:, -4:].tolist() == [[[0, 0, 255]] * 4] * 16


def test_a_square_stays_as_it_is() -> None:
    values = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert np.array_equal(squares([Image.fromarray(values)], 16)[0], values)


def test_no_photos_are_no_batch() -> None:
    with pytest.raises(ValueError, match="no images to encode"):
        squares([], 16)
