"""The cost of colour profiles, in milliseconds per photo: `python -m benchmarks.photo_reading`.

A photo is read as in indexing: decoded, resized to the square that the model takes, and converted
to sRGB. Processor time is measured, in turns over all profiles, so that other programs have little
influence.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from functools import partial

import numpy as np
from PIL import Image

from fusion.runtime.squares import square
from indexer.photos.decode import decode_photo
from tests.unit.indexer.made_profiles import PROFILES

__all__: list[str] = []

SIDE_PX = 260
PROFILE_NAMES = ("none", "sRGB", "Display P3", "Adobe RGB", "ProPhoto")
SIZES = {"224 x 224": ((224, 224), 200), "500 x 375": ((500, 375), 100), "12 MP": ((4032, 3024), 7)}
"""Sizes of photos, and how often each is read."""


def photo(size: tuple[int, int], profile: bytes | None) -> bytes:
    """Return a JPEG with fine and coarse detail."""
    values = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    smooth = Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)
    noise = Image.effect_noise(size, 24).convert("RGB")
    file = io.BytesIO()
    Image.blend(smooth, noise, 0.2).save(file, "JPEG", quality=90, icc_profile=profile)
    return file.getvalue()


def read(content: bytes) -> Image.Image:
    """Read a photo as indexing does."""
    picture = decode_photo(content, SIDE_PX).picture
    return picture.resized(partial(square, size_px=SIDE_PX), (SIDE_PX, SIDE_PX))


def main() -> None:
    """Print a line for each size and profile."""
    for name, (size, times) in SIZES.items():
        files = {each: photo(size, PROFILES.get(each)) for each in PROFILE_NAMES}
        took: dict[str, list[float]] = {each: [] for each in files}
        for content in files.values():  # what is prepared once per profile is not measured
            read(content)
        for _ in range(times):
            for profile, content in files.items():
                began = time.thread_time()
                read(content)
                took[profile].append(1000 * (time.thread_time() - began))
        plain = statistics.median(took["none"])
        for profile, each in took.items():
            median = statistics.median(each)
            sys.stdout.write(f"{name:10} {profile:11} {median:8.2f} ms  x {median / plain:.2f}\n")


if __name__ == "__main__":
    main()
