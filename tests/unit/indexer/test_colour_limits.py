"""When colours are left as they are, and when a table is close enough to the exact conversion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from indexer.photos.colour_table import ColourTable
from indexer.photos.colours import SrgbTransform, _changes_nothing, _quick, srgb_transform
from tests.unit.indexer.made_profiles import PROFILES, grey_profile, ink_profile

Turn = Callable[[Image.Image], Image.Image]


def by_values(values: Callable[[int], int], *channels: int) -> Turn:
    """Return a function that maps the values of some channels of an RGB picture, or of all."""
    same = list(range(256))
    changed = [values(value) for value in range(256)]
    chosen = channels or (0, 1, 2)
    lut = [value for n in range(3) for value in (changed if n in chosen else same)]

    def turn(image: Image.Image) -> Image.Image:
        return image.convert("RGB").point(lut)

    return turn


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_profile_within_four_units_of_srgb_changes_nothing(mode: str, sign: int) -> None:
    def off_by(units: int) -> Turn:
        return by_values(lambda value: min(255, max(0, value + sign * units)))

    assert _changes_nothing(off_by(0), mode)
    assert _changes_nothing(off_by(4), mode)
    assert not _changes_nothing(off_by(5), mode)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("value", [0, 51, 102, 153, 204, 255])
def test_one_channel_that_differs_somewhere_is_a_change(channel: int, value: int) -> None:
    turn = by_values(lambda v: (v + 100) % 256 if v == value else v, channel)
    assert not _changes_nothing(turn, "RGB")


def test_a_profile_of_inks_always_changes_something() -> None:
    assert not _changes_nothing(lambda image: image.convert("RGB"), "CMYK")


@pytest.mark.parametrize(
    ("profile", "modes"),
    [
        (PROFILES["ProPhoto"], {"RGB", "RGBA", "YCbCr", "P", "L", "LA", "F", "I", "I;16", "1"}),
        (grey_profile(1.0), {"L", "LA", "F", "I", "I;16", "1"}),
        (ink_profile(), {"CMYK"}),
        (PROFILES["sRGB"], set()),
        (b"", set()),
        (b"broken", set()),
        ("no bytes", set()),
        (None, set()),
    ],
    ids=["RGB", "grey", "inks", "sRGB", "empty", "broken", "text", "none"],
)
def test_a_profile_is_meant_for_some_kinds_of_pixels(profile: object, modes: set[str]) -> None:
    kinds = ("RGB", "RGBA", "YCbCr", "P", "L", "LA", "F", "I", "I;16", "1", "CMYK", "LAB", "HSV")

    def transform(mode: str) -> SrgbTransform | None:
        image = Image.new(mode, (1, 1))
        image.info["icc_profile"] = profile
        return srgb_transform(image)

    assert {mode for mode in kinds if transform(mode) is not None} == modes
    assert srgb_transform(Image.new("RGB", (1, 1))) is None


def test_pixels_are_brought_to_the_mode_of_a_transform_and_left_in_it() -> None:
    seen = []

    def apply(image: Image.Image) -> Image.Image:
        seen.append(image)
        return image

    lab, rgb = Image.new("L", (1, 1), 7), Image.new("RGB", (1, 1), (1, 2, 3))
    transform = SrgbTransform("RGB", apply)
    assert transform.apply(rgb) is rgb
    assert transform.apply(lab).getpixel((0, 0)) == (7, 7, 7)
    assert [image.mode for image in seen] == ["RGB", "RGB"]


def pairs(step: int) -> Turn:
    """Return a function that halves values, rounding down, and adds a step to odd ones."""
    return by_values(lambda value: value // 2 + step * (value % 2))


@pytest.mark.parametrize(("step", "is_close"), [(8, True), (9, True), (10, False)])
def test_a_table_may_be_off_by_four_units(step: int, is_close: bool) -> None:
    # The table has one entry for both values of a pair, and adds 1 for the odd value: with step 9
    # both are off by 4, with step 10 the even one is off by 5.
    assert ColourTable(pairs(step)).is_close is is_close


@pytest.mark.parametrize(("value", "is_close"), [(108, True), (109, True), (110, False)])
def test_a_table_may_be_far_off_for_one_in_five_hundred(value: int, is_close: bool) -> None:
    # 100 and 101 of one channel share an entry. With 109 one of the two is off by 5, which is 1 of
    # 768 channel values; with 110 both are.
    turn = by_values(lambda v: value if v == 100 else v, 0)
    assert ColourTable(turn).is_close is is_close


def test_what_no_table_is_close_to_is_turned_exactly() -> None:
    near, far = by_values(lambda value: value), pairs(99)
    assert _quick(far) is far
    assert _quick(near) is not near
    colours = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8))
    assert np.array_equal(_quick(near)(colours), colours)


def test_a_table_has_every_corner_of_the_colours() -> None:
    turn = by_values(lambda value: value // 2 * 2)
    values = np.array(np.meshgrid(*[[0, 1, 2, 7, 64, 65, 127, 128, 254, 255]] * 3), np.uint8)
    colours = Image.fromarray(values.reshape(3, -1, 1).transpose(1, 2, 0).copy())
    # The table has the lower value of each pair, and adds 1 for the odd one.
    assert np.array_equal(ColourTable(turn).apply(colours), colours)
    swapped = ColourTable(lambda image: Image.merge("RGB", image.split()[::-1]))
    even = Image.fromarray(np.asarray(colours) // 2 * 2)
    assert np.array_equal(swapped.apply(even), np.asarray(even)[..., ::-1])
    assert swapped.is_close is True


@pytest.mark.parametrize(
    ("exact", "even", "odd"), [(0, 0, 1), (1, 1, 2), (254, 254, 255), (255, 254, 255)]
)
def test_no_channel_of_a_table_runs_over_into_the_next(exact: int, even: int, odd: int) -> None:
    table = ColourTable(by_values(lambda _: exact))
    colours = Image.new("RGB", (2, 1), (0, 0, 0))
    colours.putpixel((1, 0), (255, 255, 255))
    seen = table.apply(colours)
    assert [seen.getpixel((x, 0)) for x in (0, 1)] == [(even,) * 3, (odd,) * 3]
