"""A photo is rotated exactly once, whichever part of its file says so."""

from __future__ import annotations

import io

import pillow_heif
import pytest
from PIL import Image

from indexer.photos.decode import DecodedPhoto, decode_photo
from indexer.photos.heif_boxes import end_of_boxes, is_turned_by_boxes

SIZES = {1: (96, 64), 3: (96, 64), 6: (64, 96), 8: (64, 96)}


def saved(kind: str, orientation: int, *, by_boxes: bool) -> bytes:
    """Return a photo that is rotated by HEIF boxes, or by EXIF only."""
    photo = Image.new("RGB", (96, 64), "blue")
    photo.paste("red", (0, 0, 48, 32))
    exif = Image.Exif()
    # Encoders turn the orientation tag into a box. For EXIF only, another tag of the same type is
    # written, and renamed afterwards.
    exif[0x0112 if by_boxes else 0x0128] = orientation
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(photo).save(file, exif=exif.tobytes())
    else:
        photo.save(file, kind, exif=exif.tobytes())
    content = file.getvalue()
    if not by_boxes:
        little, big = b"\x28\x01\x03\x00", b"\x01\x28\x00\x03"
        assert content.count(little) + content.count(big) == 1
        content = content.replace(little, b"\x12\x01\x03\x00").replace(big, b"\x01\x12\x00\x03")
    return content


def corner(photo: DecodedPhoto) -> tuple[bool, bool]:
    """Return where the red corner is: whether on the right, and whether at the bottom."""
    width, height = photo.image.size
    for right in (False, True):
        for below in (False, True):
            spot = (width * (3 if right else 1) // 4, height * (3 if below else 1) // 4)
            red, _, blue = photo.image.getpixel(spot)
            if red > blue:
                return right, below
    raise AssertionError("it has no red corner")


CORNERS = {1: (False, False), 3: (True, True), 6: (True, False), 8: (False, True)}


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", CORNERS)
@pytest.mark.parametrize("by_boxes", [True, False])
def test_a_photo_is_turned_once(kind: str, orientation: int, by_boxes: bool) -> None:
    content = saved(kind, orientation, by_boxes=by_boxes)
    photo = decode_photo(content)
    assert (photo.width_px, photo.height_px) == photo.image.size == SIZES[orientation]
    assert corner(photo) == CORNERS[orientation]
    assert is_turned_by_boxes(content) == (by_boxes and orientation > 1)
    # Only rotations by EXIF alone were read differently by the earlier reader.
    assert photo.reader == (orientation > 1 and not by_boxes)


def test_boxes_that_are_broken_turn_nothing() -> None:
    content = saved("HEIF", 6, by_boxes=True)
    start = content.index(b"meta")
    for place in range(start, start + 300):
        is_turned_by_boxes(content[:place])
        is_turned_by_boxes(content[:place] + b"\xff\xff\xff\xff" + content[place + 4 :])
    assert not is_turned_by_boxes(b"")
    assert not is_turned_by_boxes(content[:200])


def test_the_end_of_a_file_is_known_from_its_beginning() -> None:
    content = saved("HEIF", 1, by_boxes=True)
    assert end_of_boxes(content) == len(content)
    assert end_of_boxes(content[:-50]) == len(content)
