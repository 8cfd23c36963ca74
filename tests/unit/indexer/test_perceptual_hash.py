"""Perceptual hashes stored in indexes: unchanged bit by bit, and equal to their definition."""

from __future__ import annotations

import math
from statistics import median

import numpy as np
import pytest
from PIL import Image

from indexer.photos.perceptual_hash import SMALL_SIZE, perceptual_hash, small_for_hash

BITS = 2**64


def pattern(width: int, height: int) -> Image.Image:
    """Return a picture computed from integers, so that it is the same on every machine."""
    x, y, band = np.arange(width)[:, None], np.arange(height)[:, None, None], np.arange(3)
    values = (3 * x * x + 5 * y * y + 7 * x * y + 31 * band) % 256
    return Image.fromarray(values.astype(np.uint8))


def noise(seed: int) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (32, 32), dtype=np.uint8)
    return Image.fromarray(values).convert("RGB")


def bits_by_definition(image: Image.Image) -> list[bool]:
    """Return the bits of a picture of 32 x 32 pixels, row by row from the lowest frequency."""
    grey = np.asarray(image.convert("L")).tolist()

    def wave(down: int, across: int) -> float:
        return sum(
            grey[y][x]
            * math.cos(math.pi * down * (y + 0.5) / 32)
            * math.cos(math.pi * across * (x + 0.5) / 32)
            for y in range(32)
            for x in range(32)
        )

    waves = [round(wave(down, across), 6) for down in range(8) for across in range(8)]
    middle = median(waves[1:])
    return [each > middle for each in waves]


@pytest.mark.parametrize("seed", [0, 1, 5])  # with the last, the second wave is above
def test_a_bit_is_a_wave_above_the_middle_of_all_but_the_lowest(seed: int) -> None:
    image = noise(seed)
    bits = bits_by_definition(image)
    expected = int("".join(str(int(bit)) for bit in bits), 2)
    assert perceptual_hash(image) % BITS == expected
    assert sum(bits[1:]) == 31  # one of the 63 numbers is the median


def test_a_hash_is_what_it_always_was() -> None:
    assert SMALL_SIZE == (32, 32)
    assert perceptual_hash(pattern(32, 32)) == -7830908997367317590


def test_a_large_picture_is_made_small_in_two_steps() -> None:
    # Reduced in one step, or from four times the size, at least eight bits would differ.
    found = perceptual_hash(pattern(640, 480))
    assert ((found ^ -8335656734698611247) % BITS).bit_count() <= 3
    assert small_for_hash(pattern(640, 480)).size == (32, 32)


@pytest.mark.parametrize(
    ("shade", "expected"), [(0, 0), (1, -(2**63)), (128, -(2**63)), (255, -(2**63))]
)
def test_of_one_colour_there_is_no_wave_but_the_lowest(shade: int, expected: int) -> None:
    assert perceptual_hash(Image.new("RGB", (70, 50), (shade,) * 3)) == expected


def test_each_direction_has_bits_of_its_own() -> None:
    image = noise(0)
    across = bits_by_definition(image)
    down = bits_by_definition(image.transpose(Image.Transpose.TRANSPOSE))
    assert np.array_equal(np.reshape(down, (8, 8)), np.reshape(across, (8, 8)).T)
    assert perceptual_hash(image.transpose(Image.Transpose.TRANSPOSE)) != perceptual_hash(image)


def test_the_small_picture_has_the_hash_of_the_whole() -> None:
    image = pattern(300, 200)
    assert perceptual_hash(small_for_hash(image)) == perceptual_hash(image)
