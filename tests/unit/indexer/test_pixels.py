"""Pixel values that are not colours as they are: empty alpha, few of many bits, white as zero."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexer.photos.decode import DecodedPhoto, decode_photo
from indexer.photos.pixels import to_rgb

RAMP = np.linspace(0, 1, 64).reshape(1, 64).repeat(8, 0)


def read(image: Image.Image, kind: str = "PNG", **options: object) -> DecodedPhoto:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return decode_photo(file.getvalue())


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_an_alpha_channel_of_zeros_over_a_picture_says_nothing(mode: str, kind: str) -> None:
    picture = Image.fromarray((RAMP * 255).astype(np.uint8)).convert(mode)
    picture.putalpha(0)
    photo = read(picture, kind)
    assert np.asarray(photo.image)[0, ::63, 0].tolist() == [0, 255]
    assert photo.reader == 1


def test_an_alpha_channel_with_anything_in_it_counts() -> None:
    picture = Image.fromarray((RAMP * 255).astype(np.uint8)).convert("RGBA")
    picture.putalpha(0)
    picture.putpixel((0, 7), (0, 0, 0, 1))
    photo = read(picture)
    assert np.asarray(photo.image).min() > 250
    assert photo.reader == 0


@pytest.mark.parametrize("colour", [(0, 0, 0, 0), (200, 30, 30, 0)])
def test_nothing_over_nothing_is_white(colour: tuple[int, ...]) -> None:
    photo = read(Image.new("RGBA", (4, 4), colour))
    assert photo.image.getcolors() == [(16, (255, 255, 255))]


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_few_bits_in_sixteen_go_from_black_to_white(bits: int, kind: str) -> None:
    values = (RAMP * (2**bits - 1)).astype(np.uint16)
    photo = read(Image.fromarray(values), kind)
    assert np.abs(np.asarray(photo.image)[0, :, 0] - RAMP[0] * 255).max() < 2
    assert photo.reader == 1


@pytest.mark.parametrize("highest", [2**14, 2**15, 2**16 - 1])
def test_where_one_sample_reaches_a_quarter_the_upper_half_counts(highest: int) -> None:
    values = (RAMP * highest).astype(np.uint16)
    photo = read(Image.fromarray(values))
    assert np.array_equal(np.asarray(photo.image)[..., 0], values >> 8)
    assert photo.reader == 0


def png_of_sixteen(values: NDArray[np.uint16]) -> bytes:
    """Return a PNG with three or four bands of 16 bits, which Pillow cannot write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        mark = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + mark

    height, width, bands = values.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2 if bands == 3 else 6, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("bands", [3, 4])
def test_twelve_bits_of_colours_in_sixteen_are_not_black(bands: int) -> None:
    values = np.repeat((RAMP * 4095).astype(np.uint16)[..., None], bands, 2)
    if bands == 4:
        values[..., 3] = 65_535
    seen = np.asarray(decode_photo(png_of_sixteen(values)).image)[0, :, 0]
    assert seen[0] == 0
    assert seen[-1] >= 240
    bright = np.repeat((RAMP * 65_535).astype(np.uint16)[..., None], bands, 2)
    if bands == 4:
        bright[..., 3] = 65_535
    photo = decode_photo(png_of_sixteen(bright))
    assert np.array_equal(np.asarray(photo.image)[..., 0], bright[..., 0] >> 8)
    assert photo.reader == 0


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])  # Pillow handles it for 8 bits
def test_where_white_is_zero_it_is_white(dtype: type) -> None:
    top = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
    values = ((1 - RAMP) * top).astype(dtype)
    photo = read(Image.fromarray(values), "TIFF", tiffinfo={262: 0})
    seen = np.asarray(photo.image)[0, ::63, 0]
    assert seen[0] < 2
    assert seen[1] > 253


def test_a_picture_of_the_plain_kind_is_as_it_was() -> None:
    values = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    assert np.array_equal(to_rgb(Image.fromarray(values)), values)
