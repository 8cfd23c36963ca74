"""Pixel values of every type converted to RGB, value by value, at and next to each limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexer.photos import pixels
from indexer.photos.colours import SrgbTransform
from indexer.photos.pixels import LYING, RgbPicture, is_plain, rgb_picture, to_rgb, turned

CORNERS = np.arange(6, dtype=np.uint8).reshape(2, 3)
"""Six pixels that all differ, so that every rotation gives another picture."""


def row(values: list[Any], dtype: type | str, *, white_is_zero: bool = False) -> Image.Image:
    image = Image.fromarray(np.array([values], dtype))
    if white_is_zero:
        image.tag_v2 = {262: 0}  # type: ignore[attr-defined]
    return image


def greys(picture: RgbPicture) -> list[int]:
    seen = np.asarray(picture.image)
    assert np.array_equal(seen[..., 0], seen[..., 1])
    assert np.array_equal(seen[..., 0], seen[..., 2])
    return [int(value) for value in seen[..., 0].ravel()]


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, CORNERS),
        (2, [[2, 1, 0], [5, 4, 3]]),
        (3, [[5, 4, 3], [2, 1, 0]]),
        (4, [[3, 4, 5], [0, 1, 2]]),
        (5, [[0, 3], [1, 4], [2, 5]]),
        (6, [[3, 0], [4, 1], [5, 2]]),
        (7, [[5, 2], [4, 1], [3, 0]]),
        (8, [[2, 5], [1, 4], [0, 3]]),
        (0, CORNERS),
        (9, CORNERS),
    ],
)
def test_each_orientation_is_set_right(orientation: int, expected: Any) -> None:
    image = Image.fromarray(CORNERS)
    assert np.array_equal(turned(image, orientation), expected)
    assert (orientation in LYING) == (np.shape(expected) == (3, 2))
    picture = RgbPicture(image, True).turned(orientation)
    assert np.array_equal(picture.image, expected)
    assert picture.is_reinterpreted


@pytest.mark.parametrize("band", [0, 1, 2])
def test_a_picture_is_plain_only_in_all_its_channels(band: int) -> None:
    colour, other = [7, 8, 9], [7, 8, 9]
    other[band] += 1
    image = Image.new("RGB", (2, 1), tuple(colour))
    assert is_plain(image)
    image.putpixel((1, 0), tuple(other))
    assert not is_plain(image)


@pytest.mark.parametrize(
    ("values", "dtype", "expected", "is_reinterpreted"),
    [
        # The upper eight of sixteen bits are used, unless no sample reaches a quarter.
        ([0, 255, 256, 16_384], np.uint16, [0, 0, 1, 64], False),
        ([0, 64, 16_320, 16_383], np.uint16, [0, 1, 255, 255], True),
        ([0, 16, 4095], np.uint16, [0, 1, 255], True),
        ([0, 2, 511], np.uint16, [0, 1, 255], True),
        ([0, 1, 255], np.uint16, [0, 1, 255], True),
        ([0, 1, 3], np.uint16, [0, 1, 3], True),
        ([1, 1, 1], np.uint16, [1, 1, 1], True),
        ([0, 0, 0], np.uint16, [0, 0, 0], False),
        # The same for more bits if all values fit in sixteen; small ones are read as eight.
        ([0, 1, 255], np.int32, [0, 1, 255], False),
        ([0, 2, 256], np.int32, [0, 1, 128], True),
        ([0, 16_320, 16_383], np.int32, [0, 255, 255], True),
        ([0, 256, 16_384], np.int32, [0, 1, 64], False),
        ([0, 256, 65_535], np.int32, [0, 1, 255], False),
        ([0, 32_768, 65_536], np.int32, [0, 127, 255], False),
        ([-1, 49, 254], np.int32, [0, 50, 255], False),
        # Floats are scaled from the darkest to the brightest; NaN is black.
        ([-2, -1, 0, 2], np.float32, [0, 63, 127, 255], False),
        ([10, 11, 12], np.float32, [0, 127, 255], False),
        ([0.25, 0.75], np.float32, [0, 255], False),
        ([5, np.nan, 6, np.inf, -np.inf], np.float32, [0, 0, 255, 255, 0], False),
        ([-3e38, 0, 3e38], np.float32, [0, 127, 255], False),
        ([7, 7], np.float32, [0, 0], False),
        ([np.nan, np.nan], np.float32, [0, 0], False),
    ],
)
def test_numbers_of_more_than_eight_bits(
    values: list[Any], dtype: type, expected: list[int], is_reinterpreted: bool
) -> None:
    picture = rgb_picture(row(values, dtype))
    assert greys(picture) == expected
    assert picture.is_reinterpreted is is_reinterpreted


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0, 256, 65_535], np.uint16, [255, 254, 0]),
        ([0, 16, 4095], np.uint16, [255, 254, 0]),
        ([0, 1, 255], np.int32, [255, 254, 0]),
        ([-1, 0, 1], np.int32, [255, 127, 0]),
        ([-2, -1, 2], np.float32, [255, 191, 0]),
    ],
)
def test_where_white_is_zero_the_brightest_is_black(
    values: list[Any], dtype: type, expected: list[int]
) -> None:
    picture = rgb_picture(row(values, dtype, white_is_zero=True))
    assert greys(picture) == expected
    assert picture.is_reinterpreted


@pytest.mark.parametrize("photometric", [1, 2, None])
def test_another_meaning_of_zero_turns_nothing_round(photometric: int | None) -> None:
    image = row([0, 256, 65_535], np.uint16)
    image.tag_v2 = {262: photometric}  # type: ignore[attr-defined]
    picture = rgb_picture(image)
    assert (greys(picture), picture.is_reinterpreted) == ([0, 1, 255], False)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(
    ("high", "gain"), [(0, 1), (1, 128), (2, 64), (3, 64), (31, 8), (32, 4), (63, 4), (64, 1)]
)
def test_upper_halves_of_few_bits_are_brightened(mode: str, high: int, gain: int) -> None:
    for band in range(3):
        shades = [0, 0, 0]
        shades[band] = high
        image = Image.new(mode, (2, 1), (*shades, 255)[: len(mode)])
        deep, flat = rgb_picture(image, is_deep=True), rgb_picture(image)
        assert deep.image.getpixel((1, 0)) == tuple(shade * gain for shade in shades)
        assert deep.is_reinterpreted is (gain > 1)
        assert flat.image.getpixel((1, 0)) == tuple(shades)
        assert not flat.is_reinterpreted


def test_an_alpha_channel_counts_as_no_brightness() -> None:
    image = Image.new("RGBA", (1, 1), (1, 2, 3, 40))
    image.putpixel((0, 0), (10, 20, 30, 255))
    assert rgb_picture(image, is_deep=True).image.getpixel((0, 0)) == (80, 160, 240)


def test_other_modes_are_not_brightened() -> None:
    picture = rgb_picture(Image.new("L", (1, 1), 3), is_deep=True)
    assert (picture.image.getpixel((0, 0)), picture.is_reinterpreted) == ((3, 3, 3), False)


def test_what_is_half_transparent_lies_half_on_white() -> None:
    image = Image.new("RGBA", (2, 1), (100, 0, 200, 255))
    image.putpixel((1, 0), (100, 0, 200, 51))  # a fifth
    seen = rgb_picture(image).image
    assert seen.mode == "RGB"
    assert [seen.getpixel((x, 0)) for x in (0, 1)] == [(100, 0, 200), (224, 204, 244)]


def test_transparency_that_a_palette_tells_counts() -> None:
    image = Image.new("P", (2, 1), 0)
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    image.info["transparency"] = 0
    seen = rgb_picture(image).image
    assert [seen.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (40, 50, 60)]


@pytest.mark.parametrize(
    ("rows", "is_seen"),
    [
        ([(0, 0, 0, 0)] * 3, False),
        ([(0, 0, 0, 0), (0, 0, 0, 0), (0, 9, 0, 0)], True),
        ([(1, 2, 3, 0), (1, 2, 3, 0), (1, 2, 3, 0)], False),
        ([(9, 9, 9, 0), (9, 9, 9, 0), (0, 0, 0, 1)], False),
    ],
)
@pytest.mark.parametrize("band_pixels", [1, 2, 4, 100])
def test_an_empty_alpha_channel_over_a_picture_in_any_bands(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple[int, ...]], is_seen: bool, band_pixels: int
) -> None:
    monkeypatch.setattr(pixels, "BAND_PIXELS", band_pixels)
    values = np.array([[colour, colour] for colour in rows], np.uint8)
    picture = rgb_picture(Image.fromarray(values))
    assert picture.is_reinterpreted is is_seen
    if is_seen:
        assert np.array_equal(picture.image, values[..., :3])
    else:
        assert picture.image.getpixel((0, 0)) == (255, 255, 255)


def test_a_picture_within_one_band_is_seen_below_an_empty_alpha_channel() -> None:
    values = np.array([[(5, 0, 0, 0), (6, 0, 0, 0)]], np.uint8)
    picture = rgb_picture(Image.fromarray(values))
    assert np.array_equal(picture.image, values[..., :3])


@pytest.mark.parametrize("band_pixels", [1, 2, 3, 7, 8, 1000])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_bands_are_put_together_in_their_order(
    monkeypatch: pytest.MonkeyPatch, band_pixels: int, dtype: type
) -> None:
    values = np.arange(15).reshape(5, 3)
    scaled: NDArray[Any] = values * {np.uint8: 1, np.uint16: 4369, np.float32: 1}[dtype]
    monkeypatch.setattr(pixels, "BAND_PIXELS", band_pixels)
    seen = np.asarray(to_rgb(Image.fromarray(scaled.astype(dtype))))[..., 0]
    expected = {
        np.uint8: values,
        np.uint16: scaled >> 8,
        np.float32: (values * 255 / 14).astype(int),
    }[dtype]
    assert np.array_equal(seen, expected)


def test_a_plain_picture_is_copied_and_not_reinterpreted() -> None:
    image = Image.new("RGB", (2, 2), (1, 2, 3))
    picture = rgb_picture(image)
    image.putpixel((0, 0), (9, 9, 9))
    assert picture.image.getcolors() == [(4, (1, 2, 3))]
    assert not picture.is_reinterpreted
    assert not RgbPicture(image).is_reinterpreted
    assert picture.colours is None


@pytest.mark.parametrize(
    ("made", "applied_to"),
    [((3, 2), (3, 2)), ((3, 3), (3, 3)), ((4, 3), (4, 3)), ((5, 3), (4, 3)), ((2, 2), (2, 2))],
)
def test_colours_are_brought_to_srgb_where_there_are_fewer_pixels(
    made: tuple[int, int], applied_to: tuple[int, int]
) -> None:
    turned_sizes = []

    def negative(image: Image.Image) -> Image.Image:
        turned_sizes.append((len(sizes), image.size))
        return image.point(lambda value: 255 - value)

    sizes: list[tuple[int, int]] = []

    def resize(image: Image.Image) -> Image.Image:
        sizes.append(image.size)
        return image.resize(made)

    picture = RgbPicture(
        Image.new("RGB", (4, 3), (0, 55, 255)), colours=SrgbTransform("RGB", negative)
    )
    seen = picture.resized(resize, made)
    assert (seen.size, seen.getpixel((0, 0))) == (made, (255, 200, 0))
    # If the result has as many pixels, colours are converted in the whole, before resizing.
    is_after = made[0] * made[1] < 12
    assert turned_sizes == [(int(is_after), applied_to)]
    plain = RgbPicture(Image.new("RGB", (4, 3), (0, 55, 255))).resized(resize, made)
    assert plain.getpixel((0, 0)) == (0, 55, 255)
