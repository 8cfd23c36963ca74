"""Augmented views of a training photo: mirrored, cropped, or degraded by resizing and JPEG."""

from __future__ import annotations

import io
import math
import random

from PIL import Image

__all__ = ["FIRST_PART", "SHORTEST_SIDE", "view_of", "worn"]

SMALLEST_PART = 0.5
STRETCH = 0.1
"""A crop's width is scaled by a random factor of up to e to this power, or its inverse; its height
is divided by the same factor."""

SHORTEST_SIDE = math.sqrt(SMALLEST_PART) * math.exp(-STRETCH)
"""The smallest ratio of a crop's side to the photo's."""

FIRST_PART = 2
"""The number of the first view that is a crop of the photo."""


def view_of(image: Image.Image, number: int, name: str) -> Image.Image:
    """Return view `number` of a photo; the same number and name give the same view.

    View 0 is the photo itself and view 1 its mirror image. Each further one is a random crop of at
    least half the photo's area, with the aspect ratio changed by up to a fifth, and mirrored in
    half of all cases.
    """
    if number == 0:
        return image
    mirrored = Image.Transpose.FLIP_LEFT_RIGHT
    if number < FIRST_PART:
        return image.transpose(mirrored)
    chance = random.Random(f"{name} {number}")
    side = math.sqrt(chance.uniform(SMALLEST_PART, 1.0))
    stretch = math.exp(chance.uniform(-STRETCH, STRETCH))
    width = max(min(round(image.width * side * stretch), image.width), 1)
    height = max(min(round(image.height * side / stretch), image.height), 1)
    left, top = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
    part = image.crop((left, top, left + width, top + height))
    return part.transpose(mirrored) if chance.random() < 0.5 else part


WORN = 0.5
"""Share of the views that are degraded."""
WORN_PX = (150, 400)
WORN_QUALITY = (60, 95)
LEAST_SIDE = 0.6
"""A view is resized to a side only if its own shorter side is longer than this share of that side.
"""


def worn(image: Image.Image, number: int, name: str) -> Image.Image:
    """Degrade half of the views, never view 0; the same number and name give the same result.

    People keep photos at many sizes and qualities. A degraded view is resized so that its longer
    side, or in half of the cases both sides, are 150 to 400 pixels (unless that would enlarge it
    too much), and compressed as a JPEG of quality 60 to 95.
    """
    chance = random.Random(f"deg {name} {number}")
    if number == 0 or chance.random() >= WORN:
        return image
    side = round(chance.uniform(*WORN_PX))
    if min(image.size) > side * LEAST_SIDE:
        longest = max(image.size)
        whole = (
            max(1, round(image.width * side / longest)),
            max(1, round(image.height * side / longest)),
        )
        size = (side, side) if chance.random() < 0.5 else whole
        image = image.resize(size, Image.Resampling.BICUBIC)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=chance.randint(*WORN_QUALITY))
    return Image.open(io.BytesIO(written.getvalue())).convert("RGB")
