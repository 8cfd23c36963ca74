"""Augmented views of a photo: repeatable, inside the photo, never smaller than half of it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from fusion.data.views import view_of


def gradient(width: int, height: int) -> Image.Image:
    """Return a photo whose red values give the column and whose green values give the row."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.arange(width)
    pixels[..., 1] = np.arange(height)[:, None]
    return Image.fromarray(pixels)


def test_the_first_view_is_the_photo_and_the_second_its_mirror_image() -> None:
    photo = gradient(100, 60)
    assert view_of(photo, 0, "a.jpg") is photo
    mirrored = np.asarray(view_of(photo, 1, "a.jpg"))
    assert (mirrored == np.asarray(photo)[:, ::-1]).all()


def test_a_further_view_is_a_part_that_the_name_decides() -> None:
    photo = gradient(100, 60)
    seen = set()
    for name in (f"{number}.jpg" for number in range(50)):
        part = np.asarray(view_of(photo, 2, name)).astype(int)
        assert (part == np.asarray(view_of(photo, 2, name))).all()
        steps = np.diff(part[0, :, 0])
        assert (steps == 1).all() or (steps == -1).all()
        assert part.shape[0] * part.shape[1] >= 0.45 * 100 * 60
        seen.add((part.shape, int(part[0, 0, 0])))
    assert len(seen) > 40


def test_a_photo_of_one_pixel_has_views() -> None:
    assert view_of(Image.new("RGB", (1, 1)), 3, "a.jpg").size == (1, 1)
