"""An index whose photos an older reader read: mended by a run, embedding only what changed."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import ExifTags, Image, ImageCms

from indexer import BuildReport, build_index, plan_index
from indexer.photos.decode import READER_VERSION
from search.commands.shared.index_lines import plan_lines
from search.engine.add_and_remove import remove_photos
from search.status.index_status import read_status
from store import Index, PhotoFile
from store.reader import CATALOG_NAME
from tests.fakes import ColourModel, paint
from tests.made_shards import write_tar
from tests.unit.indexer.made_profiles import PROFILES


class CountingModel(ColourModel):
    """Counts the photos that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0

    def embed_images(self, images: Sequence[Image.Image]) -> SimpleNamespace:
        self.embedded += len(images)
        return super().embed_images(images)


def wide_red() -> bytes:
    """A JPEG of the model's red in ProPhoto RGB, whose plain numbers are another colour."""
    into = ImageCms.ImageCmsProfile(io.BytesIO(PROFILES["ProPhoto"]))
    srgb = ImageCms.createProfile("sRGB")
    stored = ImageCms.profileToProfile(Image.new("RGB", (64, 64), (200, 30, 30)), srgb, into)
    assert stored is not None
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=95, icc_profile=PROFILES["ProPhoto"])
    return file.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photos that are read alike by all readers, one that is not, and one that was refused."""
    folder = tmp_path / "photos"
    folder.mkdir()
    paint(folder / "green.png", "green")
    (folder / "wide.jpg").write_bytes(wide_red())
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:31 24:10"
    Image.new("RGB", (64, 64), (30, 30, 200)).save(folder / "dated.jpg", exif=exif.tobytes())
    picture = Image.effect_mandelbrot((64, 64), (-2, -1, 0.5, 0.4), 99).convert("RGB")
    picture.save(folder / "cut.png")
    content = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(content[: len(content) // 2])
    return folder


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def make_older(where: Path) -> None:
    """Let all be as if the first reader had read it, which refused damaged files."""
    with sqlite3.connect(where / CATALOG_NAME) as catalog:
        catalog.execute("UPDATE images SET reader = 0, taken_s = NULL, is_guessed = 0")
        catalog.execute(
            """INSERT INTO quarantine SELECT source_id, path, size_bytes, mtime_ns, damage, 0, 0
            FROM images WHERE damage <> ''"""
        )
        catalog.execute("DELETE FROM images WHERE damage <> ''")
    catalog.close()


def build(where: Path, source: Path) -> tuple[BuildReport, int]:
    model = CountingModel()
    return build_index(where, [source], model, batch_size=2), model.embedded


def files(where: Path) -> dict[str, PhotoFile]:
    with Index.open(where) as index:
        return {os.path.basename(file.path): file for file in index.files().values()}


def test_only_what_is_read_otherwise_is_embedded_again(where: Path, photos: Path) -> None:
    first, embedded = build(where, photos)
    assert (first.added, embedded) == (4, 4)
    assert build(where, photos)[1] == 0
    make_older(where)
    plan = plan_index(where, [photos])
    assert sorted(os.path.basename(file.path) for file in plan.reread) == [
        "dated.jpg",
        "green.png",
        "wide.jpg",
    ]
    assert "3 of these read again by a newer reader" in list(plan_lines(plan))[-1]
    report, embedded = build(where, photos)
    assert (report.added, report.updated, report.unchanged, embedded) == (1, 1, 2, 2)
    found = files(where)
    assert {file.reader for file in found.values()} == {READER_VERSION}
    assert found["dated.jpg"].taken == datetime(2024, 5, 31, 0, 10)
    assert "only partly readable" in found["cut.png"].damage
    assert build(where, photos)[1] == 0
    assert not plan_index(where, [photos]).reread


def test_photos_in_a_shard_are_read_again_too(where: Path, photos: Path, tmp_path: Path) -> None:
    tar = tmp_path / "photos.tar"
    write_tar(tar, {path.name: path.read_bytes() for path in photos.iterdir()})
    assert build(where, tar)[1] == 4
    make_older(where)
    report, embedded = build(where, tar)
    assert (report.added, report.updated, report.unchanged, embedded) == (1, 1, 2, 2)
    assert build(where, tar)[1] == 0


def test_a_photo_that_moved_meanwhile_is_read_again(where: Path, photos: Path) -> None:
    build(where, photos)
    make_older(where)
    (photos / "wide.jpg").rename(photos / "moved.jpg")
    (photos / "green.png").rename(photos / "leaf.png")
    report, embedded = build(where, photos)
    assert (report.moved, report.added, report.updated, embedded) == (2, 1, 1, 2)
    assert {file.reader for file in files(where).values()} == {READER_VERSION}


def test_what_somebody_removed_stays_removed(where: Path, photos: Path) -> None:
    build(where, photos)
    with Index.open(where) as index:
        ids = {os.path.basename(file.path): number for number, file in index.files().items()}
    remove_photos(where, [ids["green.png"]])
    make_older(where)
    build(where, photos)
    assert "green.png" not in files(where)


def test_a_damaged_photo_is_told_by_the_run_and_by_status(where: Path, photos: Path) -> None:
    report, _ = build(where, photos)
    told = read_status(where)
    assert [os.path.basename(path) for path, _ in report.damaged] == ["cut.png"]
    assert told.damaged == report.damaged
    assert told.left_out == ()


def test_a_date_of_a_name_is_marked_as_guessed(where: Path, photos: Path) -> None:
    paint(photos / "IMG_20240101_123059.png", "red")
    build(where, photos)
    found = files(where)
    named = found["IMG_20240101_123059.png"]
    assert (named.taken, named.is_guessed) == (datetime(2024, 1, 1, 12, 30, 59), True)
    assert (found["dated.jpg"].taken, found["dated.jpg"].is_guessed) == (
        datetime(2024, 5, 31, 0, 10),
        False,
    )
    assert (found["green.png"].taken, found["green.png"].is_guessed) == (None, False)
