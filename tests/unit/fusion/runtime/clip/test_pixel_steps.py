from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from fusion.runtime.clip.pixel_steps import PIXEL_MASK, PIXELS, SHAPES, PixelSteps, patched_size

HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
BICUBIC = 3


def gradient(width: int, height: int) -> Image.Image:
    across = np.linspace(0, 255, width)[None, :, None]
    down = np.linspace(0, 255, height)[:, None, None]
    pixels = np.concatenate([across + 0 * down, down + 0 * across, (across + down) / 2], axis=2)
    return Image.fromarray(pixels.astype(np.uint8))


def test_levels_become_numbers_about_zero() -> None:
    steps = PixelSteps("none", (0, 0), 0, None, 1 / 255, *HALF)
    pixels = steps.inputs_of(Image.new("RGB", (3, 2), (0, 255, 51)))[PIXELS]
    assert pixels.shape == (1, 3, 2, 3)
    np.testing.assert_allclose(pixels[0, :, 0, 0], [-1, 1, -0.6], atol=1e-6)


def test_a_photo_is_squashed_to_a_size() -> None:
    steps = PixelSteps("exact", (4, 6), BICUBIC, None, 1 / 255, *HALF)
    assert steps.inputs_of(gradient(50, 20))[PIXELS].shape == (1, 3, 4, 6)


def test_the_middle_of_the_shorter_side_is_kept() -> None:
    steps = PixelSteps("shortest", (10, 10), BICUBIC, (10, 10), 1, (0, 0, 0), (1, 1, 1))
    found = steps.inputs_of(gradient(40, 20))[PIXELS][0].transpose(1, 2, 0)
    whole = gradient(40, 20).resize((20, 10), Image.Resampling.BICUBIC)
    assert np.array_equal(found, np.asarray(whole, np.float32)[:, 5:15])


def test_a_photo_smaller_than_the_crop_gets_a_black_border() -> None:
    steps = PixelSteps("none", (0, 0), BICUBIC, (5, 4), 1, (0, 0, 0), (1, 1, 1))
    found = steps.inputs_of(Image.new("RGB", (2, 2), (9, 9, 9)))[PIXELS][0, 0]
    # There is one row more above than below, as in transformers.
    assert found.tolist() == [[0, 0, 0, 0]] * 2 + [[0, 9, 9, 0]] * 2 + [[0, 0, 0, 0]]


def test_a_very_long_photo_is_resized_where_it_is_shown_alone() -> None:
    steps = PixelSteps("shortest", (10, 10), BICUBIC, (10, 10), 1, (0, 0, 0), (1, 1, 1))
    long = gradient(4000, 20)
    found = steps.inputs_of(long)[PIXELS][0].transpose(1, 2, 0)
    whole = long.resize((2000, 10), Image.Resampling.BICUBIC)
    assert np.abs(found - np.asarray(whole, np.float32)[:, 995:1005]).max() <= 1
    assert steps.inputs_of(Image.new("RGB", (1, 60_000)))[PIXELS].shape == (1, 3, 10, 10)


def test_patches_keep_proportions_and_are_masked() -> None:
    steps = PixelSteps("patches", (4, 10), 2, None, 1, (0, 0, 0), (1, 1, 1))
    inputs = steps.inputs_of(gradient(64, 16))
    rows, columns = inputs[SHAPES][0].tolist()
    assert rows * columns <= 10
    assert columns > rows
    assert inputs[PIXELS].shape == (1, 10, 48)
    assert int(inputs[PIXEL_MASK].sum()) == rows * columns
    assert not inputs[PIXELS][0, rows * columns :].any()


@pytest.mark.parametrize("size", [(480, 640), (10, 3000), (1, 1), (5000, 5000)])
def test_patched_sizes_hold_whole_patches(size: tuple[int, int]) -> None:
    height, width = patched_size(*size, 16, 256)
    assert height % 16 == width % 16 == 0
    assert 1 <= (height // 16) * (width // 16) <= 256


def test_steps_survive_json() -> None:
    steps = PixelSteps("shortest", (10, 10), BICUBIC, (10, 10), 1 / 255, *HALF)
    assert PixelSteps.from_json(json.loads(json.dumps(steps.to_json()))) == steps
