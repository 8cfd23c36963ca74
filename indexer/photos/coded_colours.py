"""Colour profiles for pictures that name their colour space by a code instead of an ICC profile.

PNG (`cICP`), HEIF and AVIF (`nclx`) use code points (ITU-T H.273), and cameras that store Adobe RGB
without a profile use EXIF (DCF 2.0, the index R03). For each an ICC profile is built byte by byte
(ICC.1:2001-04) and applied like any other. HDR transfer functions (PQ, HLG) are not converted.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from PIL import ExifTags, Image

__all__ = ["coded_profile"]

Place = tuple[float, float, float]

PRIMARIES: dict[str, tuple[Place, Place, Place]] = {
    "BT.2020": ((0.6734, 0.2790, -0.0019), (0.1656, 0.6753, 0.0300), (0.1251, 0.0456, 0.7969)),
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
}
"""Red, green and blue as XYZ, adapted to the white point of profiles, D50."""

WHITE: Place = (0.9642, 1.0, 0.8249)

CODED_PRIMARIES = {9: "BT.2020", 12: "Display P3"}
PLAIN_CURVES = frozenset({1, 2, 6, 13, 14, 15})
"""Code points of transfer functions that screens display with the sRGB curve."""

ADOBE_RGB_INDEX = "R03"
ADOBE_RGB_SPACE = 2
"""The value that some cameras write for Adobe RGB as the colour space of EXIF."""

MOST_HEADER_BYTES = 2**20


def coded_profile(image: Image.Image, content: bytes) -> bytes | None:
    """Return an ICC profile for the colour space that a picture names by a code.

    None if it has a profile of its own, names no colour space, or names one that is not converted,
    such as sRGB.

    Args:
        image: loaded.
        content: the bytes of its file.
    """
    if image.info.get("icc_profile"):
        return None
    if image.format == "PNG":
        name = _of_codes(_after(content[: max(content.find(b"IDAT"), 0)], b"cICP", "BB"))
    elif image.format == "HEIF":
        nclx = image.info.get("nclx_profile") or {}
        name = _of_codes((nclx.get("color_primaries"), nclx.get("transfer_characteristics")))
    elif image.format == "AVIF":
        name = _of_codes(_after(content[:MOST_HEADER_BYTES], b"colrnclx", ">HH"))
    else:
        name = ""
    if not name and _is_adobe_rgb(image):
        name = "Adobe RGB"
    return _profile(name) if name else None


def _after(content: bytes, mark: bytes, form: str) -> tuple[int | None, int | None]:
    """Return the two numbers after a mark."""
    place = content.find(mark)
    if place < 0 or len(content) < place + len(mark) + struct.calcsize(form):
        return None, None
    primaries, curve = struct.unpack_from(form, content, place + len(mark))
    return primaries, curve


def _of_codes(codes: tuple[object, object]) -> str:
    primaries, curve = codes
    if not isinstance(primaries, int) or curve not in PLAIN_CURVES:
        return ""
    return CODED_PRIMARIES.get(primaries, "")


def _is_adobe_rgb(image: Image.Image) -> bool:
    try:
        tags = image.getexif()
        space = tags.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        index = tags.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    except Exception:  # Pillow raises many kinds of errors for broken tags
        return False
    return space == ADOBE_RGB_SPACE or str(index).rstrip("\0 ") == ADOBE_RGB_INDEX


@lru_cache
def _profile(name: str) -> bytes:
    # The curve of sRGB, or for Adobe RGB, by its definition, a power of 563 / 256.
    numbers = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + _fixed(*numbers)
    if name == "Adobe RGB":
        curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, 563, 0)
    tags = {b"wtpt": _xyz(WHITE), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    for tag, place in zip((b"rXYZ", b"gXYZ", b"bXYZ"), PRIMARIES[name], strict=True):
        tags[tag] = _xyz(place)
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI", start + len(body), b"", 0x02100000) + b"mntrRGB XYZ "
    head = head.ljust(36, b"\0") + b"acsp"
    return (head.ljust(68, b"\0") + _fixed(*WHITE)).ljust(128, b"\0") + table + body


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(place: Place) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*place)
