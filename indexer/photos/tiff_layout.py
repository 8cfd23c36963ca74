"""The layout of a TIFF's samples in its file, by its tags (TIFF 6.0, and Adobe's notes of 2002)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from store import UnreadableImage

__all__ = ["Segment", "TiffLayout", "is_misread", "layout_of", "segments_of"]

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR, PREDICTOR = (
    273,
    277,
    278,
    279,
    284,
    317,
)
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339

PACKINGS = {1: "plain", 8: "deflate", 32946: "deflate"}
KINDS = {1: "u", 2: "i", 3: "f"}
NAMES = {"u": "whole numbers", "i": "signed numbers", "f": "floats"}
COLOURS = {0: 1, 1: 1, 2: 3}  # photometric interpretation to number of colour bands
MOST_BANDS = 16
PREMULTIPLIED = 1
ALPHA = (PREMULTIPLIED, 2)


Tags = Mapping[int, Any]
"""Tag numbers to values as Pillow returns them: numbers, texts, or tuples of them."""


@dataclass(frozen=True)
class TiffLayout:
    """What a TIFF says about its samples.

    Attributes:
        width_px: width as stored, not turned upright.
        height_px: height as stored, not turned upright.
        bands: samples per pixel.
        colours: how many of them are colours, 1 or 3; they come first.
        has_alpha: whether the next one is opacity.
        is_premultiplied: whether the colours are already multiplied by it.
        dtype: dtype of a sample, in the byte order of the file.
        is_packed: whether its strips or tiles are compressed by deflate.
        predictor: 1 for samples as they are, 2 for differences, 3 for differences of the bytes of
            floats.
        is_planar: whether bands are stored one after the other.
        is_white_zero: whether high numbers are dark.
    """

    width_px: int
    height_px: int
    bands: int
    colours: int
    has_alpha: bool
    is_premultiplied: bool
    dtype: np.dtype[np.generic]
    is_packed: bool
    predictor: int
    is_planar: bool
    is_white_zero: bool

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all samples of a pixel."""
        return self.bands * self.dtype.itemsize


@dataclass(frozen=True)
class Segment:
    """A strip or tile.

    Attributes:
        offset: where it begins in the file.
        size_bytes: its size in the file.
        rows: the rows of the picture that it covers; it may extend beyond the picture.
        columns: the columns of the picture that it covers, likewise.
        bands: the bands that it contains.
        shape: shape of its samples: rows, columns, bands.
    """

    offset: int
    size_bytes: int
    rows: slice
    columns: slice
    bands: slice
    shape: tuple[int, int, int]


def layout_of(tags: Tags) -> TiffLayout:
    """Return the layout that tags describe.

    Raises:
        UnreadableImage: it is a layout that is not read; the message describes it.
    """
    if not tags:
        raise UnreadableImage("a truncated TIFF: its directory is missing")
    bits, forms = _several(tags.get(BITS, 1)), _several(tags.get(FORMAT, 1))
    photometric, packing = tags.get(PHOTOMETRIC, 1), tags.get(COMPRESSION, 1)
    bands = tags.get(SAMPLES, len(bits))
    kind = KINDS.get(forms[0], "?")
    width, height = tags.get(WIDTH, 0), tags.get(HEIGHT, 0)
    facts = (
        f"a TIFF of {bands} x {bits[0]} bits ({NAMES.get(kind, 'of no known kind')}, photometric "
        f"interpretation {photometric}, compression {packing})"
    )
    is_known = (
        f"{kind}{bits[0] // 8}"
        in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
        and bits[0] % 8 == 0
        and len({*bits}) == len({*forms}) == 1
        and photometric in COLOURS
        and packing in PACKINGS
    )
    if not is_known or not 1 <= COLOURS[photometric] <= bands <= MOST_BANDS:
        raise UnreadableImage(f"{facts} is not read: save it with 8 or 16 bits a sample")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        raise UnreadableImage(f"{facts} says {width} x {height} pixels")
    colours = COLOURS[photometric]
    extra = _several(tags.get(EXTRA, 0))
    order = ">" if getattr(tags, "prefix", b"II") == b"MM" else "<"
    return TiffLayout(
        width_px=width,
        height_px=height,
        bands=bands,
        colours=colours,
        has_alpha=bands > colours and extra[0] in ALPHA,
        is_premultiplied=bands > colours and extra[0] == PREMULTIPLIED,
        dtype=np.dtype(f"{order}{kind}{bits[0] // 8}"),
        is_packed=PACKINGS[packing] == "deflate",
        predictor=tags.get(PREDICTOR, 1) if PACKINGS[packing] == "deflate" else 1,
        is_planar=tags.get(PLANAR, 1) == 2 and bands > 1,
        is_white_zero=photometric == 0,
    )


def is_misread(tags: Tags) -> bool:
    """Return whether Pillow misreads a TIFF that can be read here.

    It reads 16-bit planes as 8-bit ones, unsigned 32-bit grey as signed, and signed 8-bit grey as
    unsigned.
    """
    bits, form = _several(tags.get(BITS, 1))[0], _several(tags.get(FORMAT, 1))[0]
    if tags.get(COMPRESSION, 1) not in PACKINGS or tags.get(PHOTOMETRIC, 1) not in COLOURS:
        return False
    is_planar = tags.get(PLANAR, 1) == 2 and tags.get(SAMPLES, 1) > 1
    return bool((bits == 16 and is_planar) or (f"{KINDS.get(form)}{bits}" in ("u32", "i8")))


def segments_of(tags: Tags, layout: TiffLayout) -> Iterator[Segment]:
    """Yield the strips or tiles that have an offset and a size, in the order of the file's tags.

    Raises:
        UnreadableImage: they have no width or height.
    """
    if TILE_OFFSETS in tags:
        across, down = tags[TILE_WIDTH], tags[TILE_HEIGHT]
        offsets, sizes = _several(tags[TILE_OFFSETS]), _several(tags.get(TILE_BYTES, ()))
    else:
        across = layout.width_px
        down = min(tags.get(ROWS_PER_STRIP, layout.height_px), layout.height_px)
        offsets, sizes = _several(tags[STRIP_OFFSETS]), _several(tags.get(STRIP_BYTES, ()))
    if across < 1 or down < 1:
        raise UnreadableImage(f"a TIFF with parts of {across} x {down} pixels")
    columns, rows = math.ceil(layout.width_px / across), math.ceil(layout.height_px / down)
    bands = 1 if layout.is_planar else layout.bands
    for number, (offset, size) in enumerate(zip(offsets, sizes, strict=False)):
        plane, place = divmod(number, columns * rows)
        top, left = (
            part * side for part, side in zip(divmod(place, columns), (down, across), strict=True)
        )
        if plane * bands >= layout.bands:
            return
        tall = down if TILE_OFFSETS in tags else min(down, layout.height_px - top)
        yield Segment(
            offset,
            size,
            slice(top, min(top + tall, layout.height_px)),
            slice(left, min(left + across, layout.width_px)),
            slice(plane * bands, plane * bands + bands),
            (tall, across, bands),
        )


def _several(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - whatever Pillow returns for a tag
    return value if isinstance(value, tuple) else (value,)
