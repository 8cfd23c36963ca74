"""EXIF as cameras write it is read, and unknown values are not made up."""

from __future__ import annotations

import io
import os
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from indexer.batches import batches
from indexer.description import described
from indexer.photos.dates import date_of_name, date_of_text
from indexer.photos.decode import decode_photo
from indexer.photos.exif import Exif, camera_name, read_exif
from indexer.photos.perceptual_hash import perceptual_hash
from indexer.sources import FoundFile

BASE = ExifTags.Base


def photo(
    outer: dict[int, object] | None = None,
    inner: dict[int, object] | None = None,
    kind: str = "JPEG",
) -> bytes:
    tags = Image.Exif()
    for tag, value in (outer or {}).items():
        tags[tag] = value
    for tag, value in (inner or {}).items():
        tags.get_ifd(ExifTags.IFD.Exif)[tag] = value
    written = Image.Exif()
    written.load(tags.tobytes())  # Pillow writes the inner tags to TIFF only if they were read
    file = io.BytesIO()
    Image.new("RGB", (8, 6), "teal").save(file, kind, exif=written)
    return file.getvalue()


def read(content: bytes) -> Exif:
    return decode_photo(content).exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_date_and_camera_are_read(kind: str) -> None:
    content = photo(
        {BASE.Make: "Canon", BASE.Model: "Canon EOS 5D\0"},
        {BASE.DateTimeOriginal: "2024:05:31 18:30:07"},
        kind,
    )
    assert read(content) == Exif(datetime(2024, 5, 31, 18, 30, 7), "Canon EOS 5D")


@pytest.mark.parametrize(
    "written",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2024:13:01 00:00:00",
        "2023:02:29 00:00:00",
        "2024:05:31 25:00:00",
        "1601:01:01 00:00:00",
        "2024:05",
        "yesterday",
        "",
        "\0" * 19,
        b"\xff" * 19,
        7,
    ],
)
def test_a_date_that_is_none_is_not_known(written: object) -> None:
    assert read(photo(inner={BASE.DateTimeOriginal: written})).taken is None


def test_the_date_of_digitising_stands_in() -> None:
    first = photo(inner={BASE.DateTimeOriginal: "", BASE.DateTimeDigitized: "2020-01-02 03:04:05"})
    assert read(first).taken == datetime(2020, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("name", "camera", "taken"),
    [
        ("a.jpg", None, datetime(2020, 1, 2, 3, 4, 5)),
        ("IMG_20190102_030405.jpg", None, datetime(2019, 1, 2, 3, 4, 5)),
        ("IMG_20190102_030405.jpg", "X100", datetime(2020, 1, 2, 3, 4, 5)),
    ],
)
def test_when_a_file_was_last_written_is_a_guess_behind_its_name_unless_a_camera_wrote_it(
    name: str, camera: str | None, taken: datetime
) -> None:
    tags = {BASE.DateTime: "2020:01:02 03:04:05"} | ({BASE.Model: camera} if camera else {})
    found = read(photo(tags))
    assert found == Exif(datetime(2020, 1, 2, 3, 4, 5), camera, is_guess=True)
    told = described(f"/photos/{name}", found, [])
    assert (told.taken, told.is_guessed) == (taken, True)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("2024:05:31 24:00:00", datetime(2024, 5, 31)),
        ("2024:05:31 24:04:20", datetime(2024, 5, 31, 0, 4, 20)),
        ("2024:01:01 12:30", datetime(2024, 1, 1, 12, 30)),
        ("2003:06:21 14:05:  ", datetime(2003, 6, 21, 14, 5)),
        ("2024:1:1 1:02:03", datetime(2024, 1, 1, 1, 2, 3)),
        ("2024: 5: 6  7: 8: 9", datetime(2024, 5, 6, 7, 8, 9)),
        ("2016:12:31 23:59:60", datetime(2016, 12, 31, 23, 59, 59)),
        ("2024:01:01", datetime(2024, 1, 1)),
        ("2024:01:01 01:30:00 PM", datetime(2024, 1, 1, 13, 30)),
        ("2024:01:01 12:30:00 am", datetime(2024, 1, 1, 0, 30)),
        ("2024-05-31T18:30:07.123+02:00", datetime(2024, 5, 31, 18, 30, 7)),
        ("2024/05/31 18:30:07", datetime(2024, 5, 31, 18, 30, 7)),
        ("2024.05.31 18:30:07", datetime(2024, 5, 31, 18, 30, 7)),
        ("2024:05:31 18:30:07+02:00", datetime(2024, 5, 31, 18, 30, 7)),
        ("20240531183007", datetime(2024, 5, 31, 18, 30, 7)),
        ("20240531 1830", datetime(2024, 5, 31, 18, 30)),
        ("20240531", datetime(2024, 5, 31)),
        ("Fri May 31 18:30:07 2024", datetime(2024, 5, 31, 18, 30, 7)),
        ("Fri May 31 18:30:07 GMT+02:00 2024", datetime(2024, 5, 31, 18, 30, 7)),
        ("2024:05:31 18:  :  ", datetime(2024, 5, 31, 18)),
        ("'2024:05:31 18:30:07'", datetime(2024, 5, 31, 18, 30, 7)),
        (b"2024:05:31 18:30:07", datetime(2024, 5, 31, 18, 30, 7)),
    ],
)
def test_dates_as_cameras_write_them(written: str | bytes, taken: datetime) -> None:
    assert read(photo(inner={BASE.DateTimeOriginal: written})).taken == taken


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("12:30-05:00", (12, 30, 0)),
        ("12:30:07-05:00", (12, 30, 7)),
        ("12.30.07", (12, 30, 7)),
        ("12-30-07", (12, 30, 7)),
        ("12h30", (12, 30, 0)),
        ("9h 5m 7", (9, 5, 7)),
        ("12:00:01 AM", (0, 0, 1)),
        ("12:00:01 pm", (12, 0, 1)),
        ("11:59:59 p.m.", (23, 59, 59)),
        ("18:30 PM", (18, 30, 0)),
        ("13:30 AM", (13, 30, 0)),
        ("noon", (0, 0, 0)),
        ("下午06:30:07", (18, 30, 7)),
        ("上午12:30:07", (0, 30, 7)),
        ("오후 6:30:07", (18, 30, 7)),
        ("오전 6:30", (6, 30, 0)),
        ("p.m. 6:30", (18, 30, 0)),
    ],
)
def test_clocks_are_read_in_all_their_forms(written: str, time: tuple[int, int, int]) -> None:
    assert date_of_text(f"2024:05:31 {written}") == datetime(2024, 5, 31, *time)


def test_a_clock_in_another_alphabet_is_read_of_a_file() -> None:
    content = photo(inner={BASE.DateTimeOriginal: "2024:05:31 ======06:30:07"})
    content = content.replace(b"======", "下午".encode())
    assert read(content).taken == datetime(2024, 5, 31, 18, 30, 7)
    assert date_of_text("2024年05月31日 18:30:07") == datetime(2024, 5, 31, 18, 30, 7)


def test_dates_among_the_outer_tags_are_read() -> None:
    assert read(photo({BASE.DateTimeOriginal: "2020:01:02 03:04:05"})) == Exif(
        datetime(2020, 1, 2, 3, 4, 5)
    )


def test_where_a_camera_tells_no_more_the_last_writing_is_a_guess() -> None:
    found = read(photo({BASE.Model: "X100", BASE.DateTime: "2020:01:02 03:04:05"}))
    assert found == Exif(datetime(2020, 1, 2, 3, 4, 5), "X100", is_guess=True)
    better = {BASE.DateTimeOriginal: "2019:01:02 03:04:05"}
    both = read(photo({BASE.Model: "X100", BASE.DateTime: "2020:01:02 03:04:05"}, better))
    assert both == Exif(datetime(2019, 1, 2, 3, 4, 5), "X100")


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("IMG_20240101_123059.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("PXL_20240101_123059123.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("IMG-20240101-WA0007.jpg", datetime(2024, 1, 1)),
        ("20240101_123059.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("2024-01-01 12.30.59.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("WhatsApp Image 2024-01-01 at 12.30.59.jpeg", datetime(2024, 1, 1, 12, 30, 59)),
        ("photo_2024-01-01_12-30-59.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("IMG_20240101123059.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("BURST20240101123059123_COVER.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("Screen Shot 2024-01-01 at 9.05.59 PM.png", datetime(2024, 1, 1, 21, 5, 59)),
        ("Screen Shot 2024-01-01 at 12.05.59 AM.png", datetime(2024, 1, 1, 0, 5, 59)),
        ("2024-01-01 12.05.59 am.jpg", datetime(2024, 1, 1, 0, 5, 59)),
        ("WP_20140505_001.jpg", datetime(2014, 5, 5)),
        ("2024-01-01T12:30:59Z.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("2024-01-01 12:30:59.jpg", datetime(2024, 1, 1, 12, 30, 59)),
        ("Bildschirmfoto 2024-01-01 um 12.30.59.png", datetime(2024, 1, 1, 12, 30, 59)),
        ("Capture d'écran 2024-01-01 à 12.30.59.png", datetime(2024, 1, 1, 12, 30, 59)),
        ("Captura 2024-01-01 a las 12.30.59.png", datetime(2024, 1, 1, 12, 30, 59)),
        ("Screenshot 2024-01-01 at 9.05.59\u202fPM.png", datetime(2024, 1, 1, 21, 5, 59)),
        ("part 20240101.jpg", None),
        ("IMG_20241301_000000.jpg", None),
        ("123456789012345678.jpg", None),
        ("IMG_1234.jpg", None),
        ("1600120112.jpg", None),
        ("", None),
    ],
)
def test_dates_in_names(name: str, taken: datetime | None) -> None:
    assert date_of_name(name) == taken


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("NIKON", "COOLPIX P900", "NIKON COOLPIX P900"),
        ("OLYMPUS OPTICAL CO.,LTD", "C2500L", "OLYMPUS C2500L"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("  samsung ", " SM-G991B\0\0junk", "samsung SM-G991B"),
        ("Canon", None, "Canon"),
        (None, "X100", "X100"),
        (None, None, None),
        (" \0", "\n\t", None),
        (b"Canon", 7, None),
        ("a\nb\x1b[31m", "c", "a b [31m c"),
        ("x" * 500, "y", "x" * 100),
    ],
)
def test_names_of_cameras(make: object, model: object, name: str | None) -> None:
    assert camera_name(make, model) == name


def test_broken_exif_beside_a_good_photo_is_no_exif() -> None:
    content = photo({BASE.Make: "Canon"}, {BASE.DateTimeOriginal: "2024:05:31 18:30:07"})
    start = content.index(b"Exif\0\0") + 6
    for cut in range(start, start + 60):
        read(content[:cut] + b"\xff" * 4 + content[cut + 4 :])  # without an error
    assert read(content.replace(b"II*\0", b"II*\xff").replace(b"MM\0*", b"MM\xff*")) == Exif()


def test_what_is_read_goes_into_the_index(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(photo({BASE.Model: "X100"}, {BASE.DateTimeOriginal: "2024:05:31 18:30:07"}))
    facts = os.stat(file)
    found = FoundFile(str(file), str(tmp_path), facts.st_size, facts.st_mtime_ns)
    loaded = next(batches([found], 1)).photos[0]
    assert (loaded.file.taken, loaded.file.camera) == (datetime(2024, 5, 31, 18, 30, 7), "X100")
    assert loaded.file.perceptual_hash == perceptual_hash(loaded.image)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (32, 32), (33, 7)])
def test_any_image_has_a_look_of_64_bits(size: tuple[int, int]) -> None:
    assert -(2**63) <= perceptual_hash(Image.new("RGB", size, "red")) < 2**63


def test_a_date_in_a_name_is_at_most_a_year_ahead() -> None:
    year = datetime.now().year
    assert date_of_name(f"IMG_{year + 1}0101_000000.jpg") == datetime(year + 1, 1, 1)
    assert date_of_name(f"IMG_{year + 2}0101_000000.jpg") is None
    assert date_of_name("IMG_19900101_000000.jpg") == datetime(1990, 1, 1)
    assert date_of_name("IMG_19891231_000000.jpg") is None


def test_the_first_photo_is_the_oldest_date() -> None:
    assert date_of_text("1826:01:01 00:00:00") == datetime(1826, 1, 1)
    assert date_of_text("1825:12:31 23:59:59") is None
    assert date_of_text("1970:01:01 00:00:00") == datetime(1970, 1, 1)


def test_tags_that_cannot_be_read_say_nothing() -> None:
    class Broken:
        def getexif(self) -> object:
            raise SyntaxError("not a TIFF file")

    assert read_exif(Broken()) == Exif(None, None, is_guess=False)  # type: ignore[arg-type]
    assert not Exif().is_guess
