"""Other views of a training photo: mirrored, a random part of it, or worn by resizing and JPEG."""

from __future__ import annotations

import io
import math
import random

from PIL import Image

__all__ = ["FIRST_PART", "SHORTEST_SIDE", "view_of", "worn"]

SMALLEST_PART = 0.5
STRETCH = 0.1
"""Of a part: its width by up to e to this power, its height by as much the other way."""

SHORTEST_SIDE = math.sqrt(SMALLEST_PART) * math.exp(-STRETCH)
"""The least that a side of a part can be of the photo's."""

FIRST_PART = 2
"""The first view that is a part of the photo."""


def view_of(image: Image.Image, number: int, name: str) -> Image.Image:
    """Return view `number` of a photo; the same number and name give the same view.

    0 is the photo itself, 1 its mirror image, and each further one a part of at least half its
    area, stretched by up to a fifth, mirrored every other time.
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
"""Share of the views that are worn."""
WORN_PX = (150, 400)
WORN_QUALITY = (60, 95)
LEAST_SIDE = 0.6
"""A photo is not made smaller to a side that is more than its own shorter one divided by this."""


def worn(image: Image.Image, number: int, name: str) -> Image.Image:
    """Return half of the views but the photo itself less sharp; the same number and name agree.

    People keep photos at many sizes and qualities. A worn view was squashed to a square, or scaled,
    to a side of 150 to 400 pixels, and written as a JPEG of quality 60 to 95.
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
