"""Previews of raw files, raw and JPEG pairs, JPEG XL, and photos with an attached video."""

from __future__ import annotations

import io
import struct
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from indexer.photos.decode import UnreadableImage, decode_photo
from indexer.photos.image_files import FORMATS
from indexer.photos.raw_preview import raw_as_jpeg
from indexer.sources.folder import FolderSource
from tests.metadata_files import DIGIKAM, jpeg

RED = (200, 30, 30)
THUMBNAIL = 64, 48


def large(width: int = 300, height: int = 200) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), RED).save(file, "JPEG")
    return file.getvalue()


def made_raw(tags: dict[int, object], preview: bytes, head: bytes | None = None) -> bytes:
    """Return a TIFF-based raw file with these tags, and a preview after the raw data."""
    exif = Image.Exif()
    exif.endian = "<"
    exif.update({ExifTags.Base.Make: "NIKON", ExifTags.Base.Model: "NIKON D70", **tags})
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2023:05:06 07:08:09"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (38.0, 42.0, 36.0), 3: "W", 4: (9.0, 8.0, 24.0)}
    )
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    if head is not None:
        content = head + content[len(head) :]
    lossless = b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 17, 14, 4000, 6000, 2) + bytes(9)
    return content + bytes(100) + lossless + jpeg("blue") + bytes(1000) + preview + bytes(50)


RAWS = {
    "nef": made_raw({254: 1, ExifTags.Base.Orientation: 6}, large()),
    "dng": made_raw(
        {50706: bytes([1, 4, 0, 0]), ExifTags.Base.Orientation: 6, 700: DIGIKAM}, large()
    ),
    "orf": made_raw({ExifTags.Base.Orientation: 6}, large(), b"IIRO"),
    "rw2": made_raw({ExifTags.Base.Orientation: 6}, large(), b"IIU\0"),
}


@pytest.mark.parametrize("kind", RAWS)
def test_a_raw_file_is_its_preview_and_what_its_camera_wrote(kind: str) -> None:
    photo = decode_photo(RAWS[kind])
    assert (photo.width_px, photo.height_px) == (200, 300)
    red, green, blue = photo.image.getpixel((100, 150))  # type: ignore[misc]
    assert red > 150 and green < 60 and blue < 60
    assert photo.exif.camera == "NIKON D70"
    assert photo.exif.taken == datetime(2023, 5, 6, 7, 8, 9)
    position = next(part for part in photo.metadata if part.latitude is not None)
    assert position.latitude == pytest.approx(38.71)
    assert any(part.title == "The harbour" for part in photo.metadata) == (kind == "dng")


@pytest.mark.parametrize("head", [b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom"])
def test_raw_files_that_are_no_tiff_have_a_preview_too(head: bytes) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "FUJIFILM", "X-T2"
    file = io.BytesIO()
    Image.new("RGB", (300, 200), RED).save(file, "JPEG", exif=exif.tobytes())
    photo = decode_photo(head + bytes(400) + file.getvalue())
    assert (photo.width_px, photo.exif.camera) == (300, "FUJIFILM X-T2")


def test_what_has_no_preview_says_so() -> None:
    with pytest.raises(UnreadableImage, match="raw file without a preview"):
        decode_photo(b"FUJIFILMCCD-RAW 0201" + bytes(1000))


def test_a_plain_tiff_is_no_raw_file() -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), RED).save(file, "TIFF")
    assert raw_as_jpeg(file.getvalue() + large()) is None
    assert decode_photo(file.getvalue()).width_px == 20


def test_of_a_pair_the_picture_is_taken_and_the_raw_file_counted(tmp_path: Path) -> None:
    for name in ("a.JPG", "a.NEF", "b.NEF", "c.heic", "c.dng", "c.mov"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b.xmp").write_bytes(DIGIKAM)
    folder = FolderSource(tmp_path)
    files = folder.files()
    assert [Path(file.path).name for file in files] == ["a.JPG", "b.NEF", "c.heic"]
    assert [Path(each.path).name for file in files for each in file.sidecars] == ["b.xmp"]
    assert folder.passed_over == {
        ".nef beside its picture": 1,
        ".dng beside its picture": 1,
        ".mov": 1,
    }


def test_a_film_behind_a_photo_is_no_damage() -> None:
    film = struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0) + bytes(5000)
    photo = decode_photo(large() + film)
    assert (photo.width_px, photo.damage) == (300, "")


def jxl(size: tuple[int, int]) -> bytes:
    pytest.importorskip("pillow_jxl", reason="the extra jxl is not installed")
    file = io.BytesIO()
    Image.new("RGB", size, RED).save(file, "JXL", lossless=True)
    return file.getvalue()


@pytest.mark.parametrize("size", [(64, 64), (300, 200), (301, 77), (1600, 900), (4, 5000)])
def test_jpeg_xl_is_read(size: tuple[int, int]) -> None:
    photo = decode_photo(jxl(size))
    assert "JXL" in FORMATS
    assert (photo.width_px, photo.height_px) == size
    assert photo.image.getpixel((1, 1)) == RED


def test_a_jpeg_xl_that_claims_too_much_is_refused_before_it_is_decoded() -> None:
    jxl((64, 64))
    # Header: not small, 18 bits of height, no ratio, 18 bits of width; both sides are 200,000.
    bits, place = 0, 0
    for value, count in ((0, 1), (2, 2), (199_999, 18), (0, 3), (2, 2), (199_999, 18)):
        bits |= value << place
        place += count
    with pytest.raises(UnreadableImage, match="it claims 200000 x 200000 pixels"):
        decode_photo(b"\xff\x0a" + bits.to_bytes(8, "little") + bytes(100))
