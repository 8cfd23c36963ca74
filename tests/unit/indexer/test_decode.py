"""Decoding of every kind of file that a folder of photos may contain."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.photos.decode import UnreadableImage, decode, decode_bytes, decode_photo

RED = (255, 0, 0)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_a_photo_held_upright_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decode_bytes(saved(Image.new("RGB", (30, 20), RED), "JPEG", exif=exif))
    assert (image.size, image.mode) == ((20, 30), "RGB")


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB", "YCbCr"])
def test_colour_modes_of_a_jpeg_become_rgb(mode: str) -> None:
    image = decode_bytes(saved(Image.new("RGB", (8, 8), "white").convert(mode), "JPEG"))
    assert image.mode == "RGB"
    assert min(image.getpixel((4, 4))) > 250


def test_sixteen_bits_keep_their_upper_half() -> None:
    values = np.array([[0, 0x1234, 0x80FF, 0xFFFF]], dtype=np.uint16)
    image = decode_bytes(saved(Image.fromarray(values), "PNG"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 0x12, 0x80, 0xFF]


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_bytes(content).getpixel((4, 4)) == RED


def test_a_palette_gives_its_colours() -> None:
    assert decode_bytes(saved(Image.new("RGB", (4, 4), RED).quantize(), "PNG")).getpixel(
        (0, 0)
    ) == (RED)


def test_what_is_transparent_lies_on_white() -> None:
    image = decode_bytes(saved(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), "PNG"))
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_a_truncated_jpeg_is_read_as_far_as_it_goes_and_says_so() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise), "JPEG")
    photo = decode_photo(content[: len(content) // 2])
    assert "truncated" in photo.damage
    whole = decode_bytes(content)
    assert np.array_equal(np.asarray(photo.image)[:14], np.asarray(whole)[:14])
    assert not np.array_equal(photo.image, whole)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"a shopping list", "not an image of a known format")]
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(content)
    with pytest.raises(UnreadableImage, match=reason):
        decode(photo)


def test_a_decompression_bomb_is_refused() -> None:
    bomb = saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(UnreadableImage, match="pixels"):
        decode_bytes(bomb)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "none.jpg")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((799, 900), (799, 900)),  # half of it would be too small
        ((800, 900), (400, 450)),
        ((1600, 1700), (400, 425)),
        ((3200, 9000), (400, 1125)),
        ((6400, 6400), (800, 800)),  # 8 is the largest factor
    ],
)
def test_of_a_jpeg_no_more_is_decoded_than_enough(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    photo = decode_photo(saved(Image.new("RGB", size, RED), "JPEG"), enough_px=400)
    assert photo.image.size == expected
    assert (photo.width_px, photo.height_px) == size


def test_a_jpeg_that_is_made_smaller_is_turned_and_whole() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = np.random.default_rng(0).integers(0, 255, (800, 1000, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise), "JPEG", exif=exif)
    photo = decode_photo(content, enough_px=100)
    assert (photo.image.size, photo.width_px, photo.height_px) == ((100, 125), 800, 1000)
    cut = decode_photo(content[: len(content) // 2], enough_px=100)
    assert (cut.image.size, cut.width_px, cut.height_px) == ((100, 125), 800, 1000)
    assert "truncated" in cut.damage


def test_other_formats_are_decoded_whole() -> None:
    photo = decode_photo(saved(Image.new("RGB", (800, 800), RED), "PNG"), enough_px=100)
    assert photo.image.size == (800, 800)
