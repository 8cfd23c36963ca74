"""Photos made from those of a folder: of 224 pixels, of 12 megapixels, and very many tiny ones."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from search.bench import subject
from search.bench.bench_errors import BenchError
from search.bench.setting import Setting

__all__ = ["large_photos", "small_photos", "tiny_photos"]

SMALL, LARGE, TINY = (224, 224), (4000, 3000), (32, 32)
SMALL_QUALITY, LARGE_QUALITY = 85, 90
TINY_KINDS = 64
TINY_A_FOLDER = 1000
GRAIN = 4.0
"""Sensor noise added to each pixel, of 255. Without it, files of 12 megapixels have 0.8 MB in place
of the 2 to 6 that cameras write, and are decoded faster than real ones."""
COMMENT = b"\xff\xfe"  # a JPEG's marker; the length of what follows counts its own two bytes


def small_photos(setting: Setting, count: int) -> Path:
    """Return a folder of `count` JPEGs of 224 pixels, all different."""
    return _folder(setting, f"small-{count}", count, SMALL, SMALL_QUALITY)


def large_photos(setting: Setting, count: int) -> Path:
    """Return a folder of `count` JPEGs of 12 megapixels: photos enlarged, with noise added."""
    return _folder(setting, f"grained-{count}", count, LARGE, LARGE_QUALITY, GRAIN)


def tiny_photos(setting: Setting, count: int) -> Path:
    """Return a folder of `count` JPEGs of 32 pixels, which differ at least in their comments."""
    folder = setting.work / f"tiny-{count}-{setting.photos_key}"
    if folder.exists():
        return folder
    setting.say(f"making {count:,} tiny photos")
    partial = _fresh(folder)
    files = subject.photo_files(setting.photos, TINY_KINDS)
    kinds = [_jpeg(image.resize(TINY), SMALL_QUALITY) for image in _images(files)]
    if not kinds:
        raise BenchError(f"{setting.photos} has no photo that can be read")
    for number in range(count):
        inside = partial / f"{number // TINY_A_FOLDER:04}"
        if not number % TINY_A_FOLDER:
            inside.mkdir()
        content = with_comment(kinds[number % len(kinds)], f"{number:08}")
        (inside / f"{number:08}.jpg").write_bytes(content)
    partial.rename(folder)
    return folder


def with_comment(content: bytes, comment: str) -> bytes:
    r"""Return a JPEG with a comment in it, and the same pixels.

    >>> with_comment(b"\xff\xd8\xff\xd9", "7")
    b'\xff\xd8\xff\xfe\x00\x037\xff\xd9'
    """
    said = comment.encode()
    return content[:2] + COMMENT + (len(said) + 2).to_bytes(2, "big") + said + content[2:]


def _folder(
    setting: Setting, name: str, count: int, size: tuple[int, int], quality: int, grain: float = 0.0
) -> Path:
    folder = setting.work / f"{name}-{setting.photos_key}"
    if folder.exists():
        return folder
    setting.say(f"making {count:,} photos of {size[0]} x {size[1]} pixels")
    partial = _fresh(folder)
    files = subject.photo_files(setting.photos, count)
    number = 0
    while number < count:
        before = number
        for image in islice(_images(files), count - number):
            enlarged = image.resize(size, Image.Resampling.BICUBIC)
            content = _jpeg(_grained(enlarged, grain, number) if grain else enlarged, quality)
            # Where there are too few photos they are repeated, but not as identical files.
            (partial / f"{number:05}.jpg").write_bytes(with_comment(content, f"{number:08}"))
            number += 1
        if number == before:
            raise BenchError(f"{setting.photos} has no photo that can be read")
    partial.rename(folder)
    return folder


def _fresh(folder: Path) -> Path:
    """Return an empty folder, to be renamed to the other once it is complete."""
    partial = folder.with_suffix(".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _grained(image: Image.Image, grain: float, seed: int) -> Image.Image:
    """Add noise of that standard deviation to the brightness of each pixel."""
    noise = np.random.default_rng(seed).standard_normal((image.height, image.width, 1), np.float32)
    pixels = np.asarray(image, np.float32) + grain * noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _images(files: Sequence[Path]) -> Iterator[Image.Image]:
    from indexer import UnreadableImage, decode

    for file in files:
        with suppress(UnreadableImage):
            yield decode(file)
