"""Samples of every type that a TIFF may have are read, or refused with their type named."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexer.photos.decode import UnreadableImage, decode_bytes, decode_photo
from tests.unit.indexer.made_tiffs import tiff

WIDTH, HEIGHT = 37, 23
RAMP = np.linspace(0, 1, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH)


def bands(dtype: str, count: int) -> NDArray[np.generic]:
    """Return a ramp from black to white, reversed in every second band."""
    top = 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)
    both = [RAMP if band % 2 == 0 else 1 - RAMP for band in range(count)]
    return (np.stack(both, 2) * top).astype(np.float64).clip(0, top * (1 - 1e-12)).astype(dtype)


ROOMY = ["<u2", ">u2", "<u4", ">u4", "<u8", "<i4", "<f2", "<f4", ">f4", "<f8", ">f8"]


@pytest.mark.parametrize("dtype", ROOMY)
@pytest.mark.parametrize("form", ["plain", "packed", "tiles", "planes"])
def test_colours_of_every_type_are_read(dtype: str, form: str) -> None:
    options = {
        "packed": form == "packed",
        "tile": 16 * (form == "tiles"),
        "planar": form == "planes",
    }
    photo = decode_photo(tiff(bands(dtype, 3), 2, **options))
    seen = np.asarray(photo.image).astype(float)
    assert np.abs(seen[..., 0] - RAMP * 255).max() < 2
    assert np.abs(seen[..., 1] - (1 - RAMP) * 255).max() < 2
    assert photo.damage == ""


@pytest.mark.parametrize("dtype", ROOMY)
@pytest.mark.parametrize("photometric", [0, 1])
def test_greys_of_every_type_are_read(dtype: str, photometric: int) -> None:
    seen = np.asarray(decode_bytes(tiff(bands(dtype, 1), photometric)))[..., 0].astype(float)
    wanted = RAMP if photometric == 1 else 1 - RAMP
    assert np.abs(seen - wanted * 255).max() < 2


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<u4"])
def test_grey_with_opacity_lies_on_white(dtype: str) -> None:
    samples = bands(dtype, 2)
    samples[..., 1] = np.iinfo(dtype).max
    samples[0, :, 1] = 0
    seen = np.asarray(decode_bytes(tiff(samples, 1, extra=2)))[..., 0]
    assert seen[0].min() == 255
    assert np.abs(seen[1:] - RAMP[1:] * 255).max() < 2


@pytest.mark.parametrize("dtype", ["<i1", "<i2", "<i4", "<i8"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_greys_below_zero_are_darker_than_those_above(dtype: str, photometric: int) -> None:
    samples = (RAMP[..., None] * 200 - 100).astype(dtype)
    seen = np.asarray(decode_bytes(tiff(samples, photometric)))[..., 0].astype(float)
    wanted = RAMP if photometric == 1 else 1 - RAMP
    assert np.abs(seen - wanted * 255).max() < 4


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<u4", "<f4", "<f8"])
def test_colours_that_are_multiplied_with_opacity_are_divided_by_it(dtype: str) -> None:
    top = 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)
    samples = (np.tile((0.5, 0.0, 0.0, 0.5), (8, 8, 1)) * top).astype(dtype)
    samples[:4] = np.array((0, 0, 1, 1)) * int(top)
    seen = decode_bytes(tiff(samples, 2, extra=1))
    assert seen.getpixel((2, 6)) == pytest.approx((255, 127, 127), abs=3)
    assert seen.getpixel((2, 2)) == (0, 0, 255)


@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
def test_differences_of_neighbours_are_added_up(dtype: str) -> None:
    content = tiff(bands(dtype, 2), 1, extra=0, packed=True, differences=True)
    seen = np.asarray(decode_bytes(content))[..., 0].astype(float)
    assert np.abs(seen - RAMP * 255).max() < 2


def test_floats_beyond_one_go_from_the_darkest_to_the_brightest() -> None:
    samples = (bands("<f8", 3) * 40 - 10).astype("<f4")
    samples[3, 3] = np.nan
    seen = np.asarray(decode_bytes(tiff(samples, 2)))[..., 0].astype(float)
    seen[3, 3] = RAMP[3, 3] * 255
    assert np.abs(seen - RAMP * 255).max() < 2


def test_twelve_bits_in_sixteen_with_opacity_are_not_black() -> None:
    samples = (bands("<f8", 2) * 4095).astype("<u2")
    samples[..., 1] = 65_535
    seen = np.asarray(decode_bytes(tiff(samples, 1, extra=2)))[..., 0]
    assert np.abs(seen - RAMP * 255).max() < 2


def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    content = tiff(bands(">f8", 3), 2)
    start = content.index(b"MM\0*")
    # The tags are at the end; the missing data is in front of them.
    body = content[:2000] + bytes(8) + content[2008:]
    assert decode_photo(body).damage == ""
    short = bytearray(content)
    offset = struct.unpack_from(">I", content, start + 4)[0]
    count = struct.unpack_from(">H", content, offset)[0]
    for entry in range(count):
        place = offset + 2 + 12 * entry
        if struct.unpack_from(">H", content, place)[0] == 279:
            sizes = struct.unpack_from(">I", content, place + 8)[0]
            struct.pack_into(">I", short, sizes + 4 * 4, 10)  # the last strip
    photo = decode_photo(bytes(short))
    assert "only partly readable" in photo.damage
    assert np.abs(np.asarray(photo.image)[:20, :, 0] - RAMP[:20] * 255).max() < 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (tiff(bands("<f4", 3), 2, compression=5), r"3 x 32 bits \(floats.*compression 5"),
        (tiff(bands("<f8", 3), 8), r"3 x 64 bits \(floats, photometric interpretation 8"),
        (tiff(bands("<u4", 2), 2), r"2 x 32 bits \(whole numbers, photometric interpretation 2"),
    ],
)
def test_what_is_not_read_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=f"a TIFF of {reason}.* is not read"):
        decode_bytes(content)


def test_samples_that_would_fill_the_memory_are_refused() -> None:
    content = bytearray(tiff(bands("<f8", 3), 2))
    offset = struct.unpack_from("<I", content, 4)[0]
    for entry in (0, 1):
        struct.pack_into("<HHII", content, offset + 2 + 12 * entry, 256 + entry, 4, 1, 6000)
    with pytest.raises(UnreadableImage, match="6000 x 6000 pixels, which take"):
        decode_bytes(bytes(content))


def test_a_tiff_without_its_table_of_contents_is_told_to_be_cut_off() -> None:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(file, "TIFF", compression="tiff_lzw")
    content = file.getvalue()
    assert int.from_bytes(content[4:8], "little") > len(content) // 2  # where the table begins
    with pytest.raises(UnreadableImage, match="truncated TIFF: its directory is missing"):
        decode_bytes(content[: len(content) // 2])
