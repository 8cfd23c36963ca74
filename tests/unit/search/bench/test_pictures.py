"""Photos made for benchmarks of indexing."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.bench.bench_errors import BenchError
from search.bench.pictures import small_photos, tiny_photos, with_comment
from search.bench.setting import QUICK, Setting


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    photos = tmp_path / "photos"
    photos.mkdir()
    random = np.random.default_rng(0)
    for number in range(3):
        pixels = random.integers(0, 255, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"{number}.png")
    (photos / "broken.jpg").write_bytes(b"no photo")
    return Setting(photos, None, tmp_path / "work", replace(QUICK), quiet=True)


def test_a_comment_changes_the_bytes_and_no_pixel() -> None:
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "JPEG")
    plain, noted = file.getvalue(), with_comment(file.getvalue(), "number 7")
    assert plain != noted
    with Image.open(io.BytesIO(noted)) as image, Image.open(io.BytesIO(plain)) as before:
        assert image.info["comment"] == b"number 7"
        assert image.tobytes() == before.tobytes()


def test_tiny_photos_are_all_different(setting: Setting) -> None:
    files = sorted(tiny_photos(setting, 1005).rglob("*.jpg"))
    assert len({file.read_bytes() for file in files}) == 1005
    with Image.open(files[-1]) as image:
        assert image.size == (32, 32)


def test_few_photos_come_again_in_other_files(setting: Setting) -> None:
    files = list(small_photos(setting, 8).iterdir())  # three photos, and a broken one
    assert len({file.read_bytes() for file in files}) == 8
    pixels = set()
    for file in files:
        with Image.open(file) as image:
            assert image.size == (224, 224)
            pixels.add(image.tobytes())
    assert len(pixels) == 3


def test_a_folder_of_broken_photos_is_told(setting: Setting) -> None:
    for file in setting.photos.glob("*.png"):
        file.unlink()
    for make in (small_photos, tiny_photos):
        with pytest.raises(BenchError, match="has no photo that can be read"):
            make(setting, 5)


def test_what_is_there_is_not_made_again(setting: Setting) -> None:
    folder = small_photos(setting, 9)
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert small_photos(setting, 9) == folder
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_photos_of_another_folder_are_others(setting: Setting, tmp_path: Path) -> None:
    other = replace(setting, photos=tmp_path / "photos" / "..")
    assert small_photos(other, 9) != small_photos(setting, 9)
