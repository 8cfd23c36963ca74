"""The memory that decoding a picture takes, estimated from its header, at and around each limit."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indexer.photos import decode_memory
from indexer.photos.decode_memory import (
    LARGE_DECODE_BYTES,
    MAX_DECODE_BYTES,
    PIECE_BYTES,
    count_scans,
    has_sixteen_bits,
    reserve,
)
from store import UnreadableImage


def picture(kind: str, width: int, height: int, **more: object) -> Any:
    """Return a stand-in for a picture of which only the header was read."""
    return SimpleNamespace(format=kind, size=(width, height), width=width, height=height, **more)


def jpeg(width: int, height: int, mode: str = "RGB", **options: object) -> tuple[Any, bytes]:
    """Return an opened JPEG, and the content of its file."""
    file = io.BytesIO()
    Image.new(mode, (width, height), "red" if mode == "RGB" else 90).save(file, "JPEG", **options)
    return Image.open(file), file.getvalue()


def test_the_limits_are_these() -> None:
    assert (MAX_DECODE_BYTES, LARGE_DECODE_BYTES) == (734_003_200, 209_715_200)
    assert decode_memory.MAX_SCANNED_PIXELS == 5_000_000_000
    assert decode_memory.DRAFT_PX == 1024


@pytest.mark.parametrize(
    ("kind", "bytes_a_pixel"),
    [
        ("PNG", 10),
        ("GIF", 8),
        ("BMP", 10),
        ("PPM", 10),
        ("TIFF", 12),
        ("WEBP", 22),
        ("AVIF", 22),
        ("HEIF", 15),
        ("JPEG2000", 26),
        ("JXL", 40),
    ],
)
@pytest.mark.parametrize("size", [(30, 7), (7, 30)])
def test_every_format_takes_so_much(kind: str, bytes_a_pixel: int, size: tuple[int, int]) -> None:
    # plus 64 bytes per row or per column, whichever are more
    assert reserve(picture(kind, *size), b"", None) == 210 * bytes_a_pixel + 30 * 64


def test_a_reader_that_knows_better_says_so() -> None:
    assert reserve(picture("TIFF", 30, 7, decode_bytes_a_pixel=3), b"", None) == 210 * 3 + 1920


@pytest.mark.parametrize(
    ("tags", "pixels"),
    [
        ({322: 20, 323: 11}, 220),
        ({322: 20, 323: 10}, 210),
        ({322: 5000}, 210),
        ({323: 5000}, 210),
        ({}, 210),
    ],
)
def test_a_tile_that_is_larger_than_its_picture_counts(tags: dict[int, int], pixels: int) -> None:
    assert reserve(picture("TIFF", 30, 7, tag_v2=tags), b"", None) == pixels * 12 + 1920


@pytest.mark.parametrize(
    ("mode", "options", "samples_a_pixel"),
    [
        ("RGB", {"subsampling": "4:2:0"}, 1.5),
        ("RGB", {"subsampling": "4:2:2"}, 2),
        ("RGB", {"subsampling": "4:4:4"}, 3),
        ("L", {}, 1),
        ("CMYK", {}, 4),
    ],
)
def test_a_jpeg_keeps_two_bytes_of_every_sample(
    mode: str, options: dict[str, object], samples_a_pixel: float
) -> None:
    image, content = jpeg(40, 20, mode, **options)
    assert reserve(image, content, None) == 800 * (2 * samples_a_pixel + 8) + 40 * 64
    assert image.size == (40, 20)


def test_a_picture_of_exactly_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_memory, "MAX_DECODE_BYTES", 4020)
    assert reserve(picture("PNG", 30, 7), b"", None) == 4020
    monkeypatch.setattr(decode_memory, "MAX_DECODE_BYTES", 4019)
    with pytest.raises(UnreadableImage, match="it claims 30 x 7 pixels, which take 0 MiB"):
        reserve(picture("PNG", 30, 7), b"", None)


def test_what_is_refused_is_told_in_mebibytes() -> None:
    told = r"30000 x 7000 pixels, which take 2,005 MiB to decode, expected at most 700 MiB"
    with pytest.raises(UnreadableImage, match=told):
        reserve(picture("PNG", 30_000, 7000), b"", None)


def test_a_jpeg_becomes_a_draft_above_the_limit_and_not_at_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 3 bytes of samples and 8 bytes of the picture per pixel, without the 64 bytes per line.
    monkeypatch.setattr(decode_memory, "DRAFT_PX", 100)
    pixels = 800 * 400
    image, content = jpeg(800, 400, subsampling="4:2:0")
    monkeypatch.setattr(decode_memory, "MAX_DECODE_BYTES", 11 * pixels)
    with pytest.raises(UnreadableImage, match="800 x 400 pixels"):
        reserve(image, content, None)  # with the bytes per line it takes more
    assert image.size == (800, 400)
    monkeypatch.setattr(decode_memory, "MAX_DECODE_BYTES", 11 * pixels - 1)
    # Samples are kept at full size, but the picture is a draft, of a quarter of the width.
    assert reserve(image, content, None) == 3 * pixels + 8 * pixels // 16 + 800 * 64
    assert image.size == (200, 100)


def test_a_draft_is_made_where_less_is_enough() -> None:
    image, content = jpeg(800, 400, subsampling="4:2:0")
    assert reserve(image, content, 200) == 3 * 320_000 + 8 * 80_000 + 800 * 64
    assert image.size == (400, 200)


def test_a_jpeg_may_be_gone_over_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    image, content = jpeg(40, 20)
    many = content + b"\xff\xda" * 2
    monkeypatch.setattr(decode_memory, "MAX_SCANNED_PIXELS", 3 * 800)
    assert reserve(image, many, None) == 800 * 11 + 40 * 64
    monkeypatch.setattr(decode_memory, "MAX_SCANNED_PIXELS", 3 * 800 - 1)
    with pytest.raises(UnreadableImage, match="it has too many passes over its 800 pixels"):
        reserve(image, many, None)


@pytest.mark.parametrize(
    ("tiles", "is_deep"),
    [
        (["RGB;16B"], True),
        ([("RGB;16B", 0, 1)], True),
        (["RGB", ("L;16", 0)], True),
        (["RGB", ("RGB", ";16")], False),
        ([("RGB",)], False),
        ([()], False),
        ([None], False),
        ([""], False),
        ([], False),
    ],
)
def test_sixteen_bits_are_told_by_any_tile(tiles: list[Any], is_deep: bool) -> None:
    image: Any = SimpleNamespace(tile=[SimpleNamespace(args=args) for args in tiles])
    assert has_sixteen_bits(image) is is_deep


@pytest.mark.parametrize("size", [0, 1, 2, 3, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES + 3])
def test_scans_are_counted_wherever_their_markers_are(size: int) -> None:
    numbers = np.random.default_rng(size).choice(np.array([0xFF, 0xDA], np.uint8), size)
    content = numbers.tobytes()
    assert count_scans(content) == content.count(b"\xff\xda")
