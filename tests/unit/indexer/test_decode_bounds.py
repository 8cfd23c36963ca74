"""Pictures of all formats: rotated, truncated, and of sizes that would exhaust the memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from indexer.photos.decode import MAX_FILE_BYTES, UnreadableImage, decode_bytes, decode_photo
from tests.waiting import PATIENCE_SECONDS

KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")
GROWTH = """
import sys
from pathlib import Path
from indexer.photos.decode import UnreadableImage, decode_bytes
def peak(): return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
before = peak()
try:
    decode_bytes(sys.stdin.buffer.read())
except UnreadableImage as error:
    print(error, file=sys.stderr)
print(peak() - before)
"""


def saved(image: Image.Image, kind: str, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file, exif=exif.tobytes(), quality=95)
    else:
        image.save(file, kind, exif=exif)
    return file.getvalue()


def red_above_blue() -> Image.Image:
    image = Image.new("RGB", (96, 64), "blue")
    image.paste("red", (0, 0, 96, 32))
    return image


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(width: int, height: int, more: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + rows + chunk(b"IEND", b"")


def tiff_with_a_tile(side: int) -> bytes:
    """Return a TIFF of 64 x 64 pixels, stored in a single tile that is far larger."""
    data = zlib.compress(bytes(1000))
    start = 8 + 2 + 12 * 10 + 4
    tags = (
        *((256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)),
        *((322, side), (323, side), (324, start), (325, len(data))),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def jpeg_of_many_scans() -> bytes:
    content = saved(Image.new("L", (8, 8)), "JPEG")
    size = content.index(b"\xff\xc0") + 5
    large = content[:size] + struct.pack(">HH", 20_000, 20_000) + content[size + 4 :]
    return large + b"\xff\xda\0\x02" * 100


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_pixel_row_is_on_the_right_after_orientation_6(kind: str) -> None:
    image = decode_bytes(saved(red_above_blue(), kind, orientation=6))
    assert (image.size, image.mode) == ((64, 96), "RGB")
    assert image.getpixel((60, 48))[0] > 200
    assert image.getpixel((4, 48))[2] > 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_is_refused_or_says_so(kind: str) -> None:
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = saved(Image.fromarray(values), kind)
    assert decode_photo(content).damage == ""
    try:
        assert decode_photo(content[: len(content) * 2 // 3]).damage
    except UnreadableImage:
        assert kind == "AVIF"  # whose decoder cannot decode some truncated files at all


def test_an_unknown_orientation_changes_nothing() -> None:
    assert decode_bytes(saved(red_above_blue(), "JPEG", orientation=77)).size == (96, 64)


def test_a_transparent_heic_lies_on_white() -> None:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGBA", (64, 64), (0, 0, 0, 0))).save(file)
    assert min(decode_bytes(file.getvalue()).getpixel((32, 32))) > 250


def test_floats_go_from_black_to_white_whatever_is_no_number() -> None:
    values = np.array([[-np.inf, np.nan, -2.0, 0.0, 2.0, np.inf]], dtype=np.float32)
    image = decode_bytes(saved(Image.fromarray(values), "TIFF"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 0, 0, 127, 255, 255]


def test_a_very_large_jpeg_is_made_smaller_and_keeps_its_size_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules["indexer.photos.decode_memory"]
    content = saved(Image.new("RGB", (400, 240), "red"), "JPEG", orientation=6)
    monkeypatch.setattr(module, "MAX_DECODE_BYTES", 1_000_000)
    monkeypatch.setattr(module, "DRAFT_PX", 50)
    photo = decode_photo(content)
    assert photo.image.size == (60, 100)
    assert (photo.width_px, photo.height_px) == (240, 400)


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["indexer.photos.decode"], "MAX_FILE_BYTES", 10)
    with pytest.raises(UnreadableImage, match="11 bytes, expected at most 10"):
        decode_bytes(bytes(11))
    assert MAX_FILE_BYTES < 2**30


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize(
    "content",
    [
        png(12_000, 12_000),
        png(60_000, 60_000),
        png(64, 64, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**28), 9))),
        png(64, 64, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**28), 9))),
        tiff_with_a_tile(40_000),
        jpeg_of_many_scans(),
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(100),
        b"P6 30000 30000 255\n" + bytes(100),
    ],
    ids=["png", "huge png", "text", "profile", "tile", "scans", "gif", "ppm"],
)
def test_a_bomb_takes_little_memory(content: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GROWTH],
        input=content,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert int(done.stdout) < 150
    assert done.stderr
