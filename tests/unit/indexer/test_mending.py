"""How damaged files are mended, byte by byte, and which are not."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from indexer.photos import mending
from indexer.photos.mending import MAX_MENDED_BYTES, Mended, mended

START, END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"


def chunk(kind: bytes, data: bytes = b"", wrong: int = 0) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data) ^ wrong)
    return struct.pack(">I", len(data)) + kind + data + checksum


def riff(*parts: bytes) -> bytes:
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def part(kind: bytes, data: bytes, claimed: int | None = None) -> bytes:
    size = len(data) if claimed is None else claimed
    return kind + struct.pack("<I", size) + data + bytes(len(data) % 2)


HEADER, PIXELS = chunk(b"IHDR", b"thirteen byte"), chunk(b"IDAT", b"pixels")
PICTURE = START + HEADER + PIXELS + END


def test_other_files_come_back_as_they_are() -> None:
    for content in (b"", b"a shopping list", b"\xff\xd8", b"GIF89a", b"RIFF\4\0\0\0WAVE", b"RIFF"):
        assert mended(content) == Mended(content, "")


def test_a_jpeg_gets_an_end() -> None:
    assert mended(b"\xff\xd8\xff\xe0abc") == Mended(b"\xff\xd8\xff\xe0abc\xff\xd9", "")


def test_a_file_of_exactly_the_limit_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_MENDED_BYTES == 67_108_864
    monkeypatch.setattr(mending, "MAX_MENDED_BYTES", 5)
    assert mended(b"\xff\xd8\xffab").content == b"\xff\xd8\xffab\xff\xd9"
    assert mended(b"\xff\xd8\xffabc").content == b"\xff\xd8\xffabc"


@pytest.mark.parametrize(
    ("claimed", "is_filled"), [(16, False), (17, True), (80, True), (81, False)]
)
def test_boxes_are_filled_up_to_five_times_what_is_there(claimed: int, is_filled: bool) -> None:
    content = struct.pack(">I4s", claimed, b"ftyp") + b"heicheic"
    filled = Mended(content + bytes(claimed - 16), f"{claimed - 16:,} bytes are missing")
    assert mended(content) == (filled if is_filled else Mended(content))


def test_boxes_are_filled_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = struct.pack(">I4s", 60, b"ftyp") + b"heicheic"
    monkeypatch.setattr(mending, "MAX_MENDED_BYTES", 60)
    assert mended(content) == Mended(content + bytes(44), "44 bytes are missing")
    monkeypatch.setattr(mending, "MAX_MENDED_BYTES", 59)
    assert mended(content) == Mended(content)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT"])
@pytest.mark.parametrize("wrong", [0, 1])
def test_texts_and_further_frames_are_left_out(kind: bytes, wrong: int) -> None:
    extra = chunk(kind, b"a\0b", wrong)
    content = START + HEADER + extra + PIXELS + extra + END
    assert mended(content) == Mended(PICTURE)


@pytest.mark.parametrize("kind", [b"gAMA", b"pHYs", b"tRNS", b"cICP", b"eXIf"])
def test_decoration_stays_while_its_checksum_is_right(kind: bytes) -> None:
    content = START + HEADER + chunk(kind, b"abc") + PIXELS + END
    assert mended(content) == Mended(content)
    wrong = START + HEADER + chunk(kind, b"abc", wrong=1) + PIXELS + END
    assert mended(wrong) == Mended(PICTURE)


@pytest.mark.parametrize("kind", [b"PLTE", b"IHDR"])
def test_what_the_picture_needs_gets_a_right_checksum_and_is_told(kind: bytes) -> None:
    content = START + HEADER + chunk(kind, b"abc", wrong=1) + PIXELS + END
    damage = f"the checksum of its {kind.decode()} chunk is wrong"
    assert mended(content) == Mended(
        content.replace(chunk(kind, b"abc", 1), chunk(kind, b"abc")), damage
    )


def test_of_pixels_their_decoder_tells() -> None:
    content = START + HEADER + chunk(b"IDAT", b"pixels", wrong=1) + END
    assert mended(content) == Mended(PICTURE)


def test_what_is_behind_the_end_is_left_out() -> None:
    assert mended(PICTURE + chunk(b"PLTE", b"abc")) == Mended(PICTURE)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (chunk(b"PLTE")[:7], b""),
        (chunk(b"PLTE")[:8], chunk(b"PLTE")),
        (chunk(b"PLTE")[:11], chunk(b"PLTE")),
        (chunk(b"PLTE", b"abc")[:10], chunk(b"PLTE", b"ab")),
        (chunk(b"gAMA", b"abc")[:-1], b""),
    ],
)
def test_a_chunk_that_is_cut_off_has_what_is_there(left: bytes, expected: bytes) -> None:
    damage = "the checksum of its PLTE chunk is wrong" if expected else ""
    assert mended(START + HEADER + left) == Mended(START + HEADER + expected + END, damage)


NOISE = random.Random(0).randbytes(3000)


@pytest.mark.parametrize(
    ("data", "stays"),
    [
        (b"name\0\0" + zlib.compress(b"a profile"), True),
        (b"\0\0" + zlib.compress(NOISE), True),
        (b"name\0\0" + zlib.compress(bytes(2**20)), True),
        (b"name\0\0" + zlib.compress(bytes(2**20 + 1)), False),
        (b"name\0\1" + zlib.compress(b"a profile"), False),
        (b"name\0", False),
        (b"name", False),
        (b"name\0\0", False),
        (b"name\0\0no zlib", False),
        (b"name\0\0" + zlib.compress(NOISE)[:-9], False),
    ],
)
def test_a_profile_of_a_png_stays_where_it_can_be_unpacked(data: bytes, stays: bool) -> None:
    content = START + HEADER + chunk(b"iCCP", data) + PIXELS + END
    assert mended(content) == Mended(content if stays else PICTURE)


@pytest.mark.parametrize("kind", [b"VP8 ", b"VP8L"])
@pytest.mark.parametrize("data", [b"pixels", b"pixel"])
def test_a_still_webp_is_its_picture_alone(kind: bytes, data: bytes) -> None:
    others = part(b"EXIF", b"MM\0"), part(b"XMP ", b"<x/>")
    content = riff(others[0], part(kind, data), others[1])
    assert mended(content) == Mended(riff(part(kind, data)))


@pytest.mark.parametrize(("claimed", "is_filled"), [(6, False), (7, True), (30, True), (31, False)])
def test_a_cut_picture_of_a_webp_is_filled_up(claimed: int, is_filled: bool) -> None:
    content = riff(part(b"VP8 ", b"pixels", claimed))
    data = b"pixels" + bytes(claimed - 6 if is_filled else 0)
    damage = f"{claimed - 6} bytes are missing" if is_filled else ""
    assert mended(content) == Mended(riff(part(b"VP8 ", data)), damage)


HEAD = bytes([0x3C]) + b"headbytes"


@pytest.mark.parametrize("profile", [b"profile", b"profiles"])
def test_a_still_webp_keeps_its_whole_profile_and_says_that_it_has_one(profile: bytes) -> None:
    content = riff(part(b"VP8X", HEAD + b"more"), part(b"ICCP", profile), part(b"VP8L", b"pixels"))
    head = part(b"VP8X", b"\x20headbytes")
    kept = riff(head, part(b"ICCP", profile), part(b"VP8L", b"pixels"))
    assert mended(content) == Mended(kept)


@pytest.mark.parametrize(
    "before",
    [
        (part(b"VP8X", HEAD),),
        (part(b"ICCP", b"profiles"),),
        (part(b"VP8X", HEAD), part(b"ICCP", b"")),
        (part(b"VP8X", b""), part(b"ICCP", b"profiles")),
    ],
)
def test_without_head_or_profile_a_webp_has_neither(before: tuple[bytes, ...]) -> None:
    assert mended(riff(*before, part(b"VP8 ", b"pixels"))) == Mended(riff(part(b"VP8 ", b"pixels")))


def test_of_an_animated_webp_the_first_frame_with_a_picture_is_left() -> None:
    frames = [
        part(b"ANMF", bytes(16) + part(b"ALPH", b"alpha")),
        part(b"ANMF", bytes(16) + part(b"ALPH", b"alpha!") + part(b"VP8 ", b"first")),
        part(b"ANMF", bytes(16) + part(b"VP8L", b"second")),
    ]
    content = riff(part(b"VP8X", HEAD), part(b"ANIM", b"anim"), *frames)
    assert mended(content) == Mended(riff(part(b"VP8 ", b"first")))
    cut = riff(part(b"ANMF", bytes(16) + part(b"VP8L", b"pixe", 8), 40))
    assert mended(cut) == Mended(riff(part(b"VP8L", b"pixe" + bytes(4))), "4 bytes are missing")


def test_a_webp_without_a_picture_comes_back_as_it_is() -> None:
    content = riff(part(b"VP8X", HEAD), part(b"ANMF", bytes(16)))
    assert mended(content) == Mended(content)
    for end in (12, 19):  # not even the beginning of a chunk
        assert mended(riff(part(b"VP8 ", b"pixels"))[:end]).damage == ""


def test_the_beginning_of_a_chunk_is_one() -> None:
    content = riff(part(b"VP8 ", b""))
    assert mended(content) == Mended(content)
    assert mended(content[:-1]) == Mended(content[:-1])
