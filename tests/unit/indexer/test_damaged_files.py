"""Truncated or damaged files are decoded as far as possible, and marked as damaged."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFile

from indexer.photos.decode import UnreadableImage, decode_bytes, decode_photo, picture_size

MANDELBROT = Image.effect_mandelbrot((400, 300), (-2, -1, 0.5, 0.4), 99).convert("RGB")

FORMS: dict[str, tuple[str, dict[str, object]]] = {
    "JPEG": ("JPEG", {}),
    "JPEG of restarts": ("JPEG", {"restart_marker_blocks": 8}),
    "JPEG of scans": ("JPEG", {"progressive": True}),
    "JPEG of inks": ("JPEG", {"inks": True}),
    "PNG": ("PNG", {}),
    "PNG of a palette": ("PNG", {"palette": True}),
    "GIF": ("GIF", {"interlace": 0}),
    "BMP": ("BMP", {}),
    "PPM": ("PPM", {}),
    "TIFF": ("TIFF", {}),
    "WEBP": ("WEBP", {}),
    "WEBP with EXIF": ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    "HEIF": ("HEIF", {}),
}


def photo(name: str) -> bytes:
    kind, options = FORMS[name]
    picture, file = MANDELBROT, io.BytesIO()
    if options.get("inks"):
        picture, options = picture.convert("CMYK"), {}
    if options.get("palette"):
        picture, options = picture.quantize(64), {}
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(file)
    else:
        picture.save(file, kind, **options)
    return file.getvalue()


def likeness(image: Image.Image, rows: slice) -> float:
    """Return the share of pixels in some rows that match the undamaged photo."""
    seen, whole = np.asarray(image.convert("L")), np.asarray(MANDELBROT.convert("L"))
    return float((np.abs(seen[rows].astype(int) - whole[rows]) < 60).mean())


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("part", [0.95, 0.6])
def test_a_file_that_is_cut_off_is_shown_as_far_as_it_goes(name: str, part: float) -> None:
    content = photo(name)
    whole = decode_photo(content)
    seen = decode_photo(content[: int(len(content) * part)])
    assert (whole.damage, seen.image.size) == ("", MANDELBROT.size)
    assert "only partly readable" in seen.damage
    assert "\n" not in seen.damage
    assert "0x" not in seen.damage  # such as the address of an object
    assert seen.reader == 1
    # Formats that don't store rows in order need not have any particular rows.
    if name not in ("JPEG of scans", "BMP", "WEBP", "WEBP with EXIF"):
        assert likeness(seen.image, slice(0, int(300 * (part - 0.25)))) > 0.95


@pytest.mark.parametrize("name", [name for name in FORMS if FORMS[name][0] == "JPEG"])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_without_its_end_is_whole(name: str, missing: int) -> None:
    content = photo(name)
    seen = decode_photo(content[:-missing])
    assert seen.damage == ""
    assert np.array_equal(seen.image, decode_bytes(content))


@pytest.mark.parametrize("name", [name for name in FORMS if FORMS[name][0] == "JPEG"])
@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_a_jpeg_that_lacks_pixels_is_not_whole_whatever_end_it_has(name: str, part: float) -> None:
    content = photo(name)
    assert decode_photo(content[: int(len(content) * part)]).damage


@pytest.mark.parametrize("name", FORMS)
def test_where_nothing_of_the_picture_is_left_it_is_refused(name: str) -> None:
    content = photo(name)
    with pytest.raises(UnreadableImage):
        decode_bytes(content[:40])


@pytest.mark.parametrize("name", FORMS)
def test_wherever_a_file_is_cut_it_is_marked_or_refused(name: str) -> None:
    content = photo(name)
    refused = 0
    for end in np.linspace(1, len(content) - 40, 12, dtype=int):
        try:
            seen = decode_photo(content[:end])
        except UnreadableImage:
            refused += 1
            continue
        assert seen.damage
        assert seen.image.size == MANDELBROT.size
    assert refused < 12


def test_a_draft_of_a_cut_file_goes_as_far() -> None:
    content = photo("JPEG")
    seen = decode_photo(content[: len(content) // 2], enough_px=100)
    assert (seen.image.size, seen.width_px, seen.height_px) == ((200, 150), 400, 300)
    assert seen.damage


def test_no_other_thread_reads_more_tolerantly_meanwhile() -> None:
    content = photo("PNG")
    half = content[: len(content) // 2]

    def read(number: int) -> str:
        if number % 2:
            return decode_photo(half).damage
        with pytest.raises(OSError, match="truncated"), Image.open(io.BytesIO(half)) as image:
            image.load()
        return "refused"

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(read, range(40)))
    assert all(found)
    assert found.count("refused") == 20
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def chunk(kind: bytes, data: bytes, wrong: int = 0) -> bytes:
    mark = (zlib.crc32(kind + data) ^ wrong) & 0xFFFFFFFF
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", mark)


def with_chunk(extra: bytes, *, behind: bool = False) -> bytes:
    content = photo("PNG")
    place = content.index(b"IEND") - 4 if behind else 33
    return content[:place] + extra + content[place:]


BOMB = zlib.compress(bytes(2**25), 9)


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tEXt", b"a\0b", wrong=255),
        chunk(b"pHYs", bytes(9), wrong=255),
        chunk(b"iCCP", b"p\0\0" + zlib.compress(b"x"), wrong=255),
        chunk(b"gAMA", bytes(4), wrong=1),
        chunk(b"tIME", bytes(7), wrong=1),
        chunk(b"eXIf", b"MM\0*", wrong=1),
        chunk(b"zTXt", b"a\0\0" + BOMB),
        chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB),
        chunk(b"iCCP", b"a\0\0" + BOMB),
        chunk(b"iCCP", b"a\0\7" + zlib.compress(b"x")),
        chunk(b"tEXt", b"a\0" + b"b" * 2_000_000),
        b"".join(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000))) for _ in range(70)),
    ],
    ids=["text", "size", "profile", "gamma", "time", "exif", "packed text", "unicode text bomb",
         "profile bomb", "unknown packing", "long text", "many texts"],
)  # fmt: skip
def test_what_is_wrong_beside_the_pixels_of_a_png_takes_none(extra: bytes, behind: bool) -> None:
    seen = decode_photo(with_chunk(extra, behind=behind))
    assert seen.damage == ""
    assert np.array_equal(seen.image, MANDELBROT)


def test_frames_of_a_png_that_do_not_count_on_leave_its_picture() -> None:
    control = chunk(b"acTL", struct.pack(">II", 2, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 7, 400, 300, 0, 0, 1, 1, 0, 0))
    assert np.array_equal(decode_bytes(with_chunk(control + frame)), MANDELBROT)


def test_a_wrong_checksum_of_what_the_picture_needs_is_told() -> None:
    content = bytearray(photo("PNG"))
    content[29] ^= 255  # a byte of the header's checksum
    seen = decode_photo(bytes(content))
    assert "the checksum of its IHDR chunk is wrong" in seen.damage
    assert np.array_equal(seen.image, MANDELBROT)


def test_a_png_without_its_end_is_whole() -> None:
    content = photo("PNG")
    assert decode_photo(content[: content.index(b"IEND") - 4]).damage == ""


def test_pixels_that_cannot_be_unpacked_are_left_out() -> None:
    content = bytearray(photo("PNG"))
    content[len(content) // 2] ^= 255
    seen = decode_photo(bytes(content))
    assert "only partly readable" in seen.damage
    assert likeness(seen.image, slice(0, 60)) > 0.95


def test_a_second_picture_that_is_cut_off_takes_nothing_from_the_first() -> None:
    file = io.BytesIO()
    MANDELBROT.save(file, "MPO", save_all=True, append_images=[MANDELBROT.rotate(180)])
    content = file.getvalue()
    seen = decode_photo(content[:-2000])
    assert seen.damage == ""
    assert np.array_equal(seen.image, decode_bytes(content))


def test_a_cut_tiff_that_is_turned_is_shown_as_far_as_it_goes() -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    MANDELBROT.save(file, "TIFF", exif=exif)
    content = file.getvalue()
    seen = decode_photo(content[: len(content) * 3 // 4])
    assert (seen.image.size, seen.width_px, seen.height_px) == ((300, 400), 300, 400)
    assert seen.damage
    assert likeness(seen.image.transpose(Image.Transpose.ROTATE_90), slice(0, 150)) > 0.95


def test_a_picture_of_one_colour_is_whole_where_no_pixel_is_missing() -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(file, "PNG")
    content = file.getvalue()
    seen = decode_photo(content[:33] + chunk(b"pHYs", bytes(9), wrong=255) + content[33:])
    assert (seen.damage, seen.image.getcolors()) == ("", [(200, (255, 0, 0))])


def test_the_size_of_a_file_is_known_that_only_a_tolerant_reader_opens() -> None:
    assert picture_size(with_chunk(chunk(b"pHYs", bytes(9), wrong=255))) == MANDELBROT.size
    assert picture_size(photo("WEBP")[:2000]) == MANDELBROT.size
    with pytest.raises(UnreadableImage):
        picture_size(b"a shopping list")


@pytest.mark.parametrize(("lossless", "part"), [(True, 0.9), (False, 0.4), (False, 0.9)])
def test_of_an_animated_webp_that_is_cut_the_first_frame_is_there(
    lossless: bool, part: float
) -> None:
    file, more = io.BytesIO(), [MANDELBROT.rotate(90)]
    MANDELBROT.save(file, "WEBP", save_all=True, append_images=more, lossless=lossless)
    content = file.getvalue()
    seen = decode_photo(content[: int(len(content) * part)])
    whole = np.asarray(decode_bytes(content)).astype(int)
    rows = len(whole) // 8
    assert seen.image.size == MANDELBROT.size
    assert np.abs(np.asarray(seen.image)[:rows] - whole[:rows]).mean() < 2
