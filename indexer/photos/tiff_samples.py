"""Reads TIFFs of samples that Pillow has no mode for: floats and wide numbers of several bands.

Scanners, telescopes and programs that compute pictures write them. They are read if they are
uncompressed or compressed by deflate, and otherwise refused with a message that names their kind.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import PREFIXES, TiffImageFile

from indexer.photos.tiff_layout import Segment, TiffLayout, layout_of, segments_of

__all__ = ["TIFF_STARTS", "SampledTiff"]

TIFF_STARTS = tuple(PREFIXES)

ICC_PROFILE = 34675

BAND_SAMPLES = 1_000_000
"""Number of samples that are converted at a time, in double precision."""

DARK = 0.25
"""Fraction of the range of whole numbers: if none reaches it, they have fewer bits."""

Samples = NDArray[np.generic]


class SampledTiff(TiffImageFile):
    """The first picture of a TIFF, opened by its tags; its samples are read when it is loaded.

    The range of float colours within 0 and 1 is 0 to 1. The range of unsigned whole numbers is that
    of their type, or of the bits that are used if none reaches a quarter of it. All others are
    scaled from the darkest, which becomes black, to the brightest, which becomes white.

    Raises:
        UnreadableImage: its samples are of a kind that is not read, which the message names.
    """

    def _setup(self) -> None:
        self._layout = layout_of(self.tag_v2)
        grey = "LA" if self._layout.has_alpha else "L"
        colours = "RGBA" if self._layout.has_alpha else "RGB"
        self._mode = grey if self._layout.colours == 1 else colours
        self._size = self._layout.width_px, self._layout.height_px
        self.use_load_libtiff = False
        self.tile = []
        if (profile := self.tag_v2.get(ICC_PROFILE)) is not None:
            self.info["icc_profile"] = profile

    @property
    def decode_bytes_a_pixel(self) -> int:
        """What loading takes per pixel: all samples, some of them decompressed, and the picture."""
        return 2 * self._layout.pixel_bytes + 16

    def load(self) -> Any:  # noqa: ANN401 - as Pillow's
        """Read the samples, once.

        Raises:
            OSError: some are missing; the part of the picture that was read is there afterwards.
        """
        if self._im is None:
            assert self.fp is not None
            self.fp.seek(0)
            content = self.fp.read()
            samples, is_whole = _read(content, self._layout, segments_of(self.tag_v2, self._layout))
            self.im = _picture(samples, self._layout, self.mode).im
            if not is_whole:
                raise OSError("image file is truncated")
        return Image.Image.load(self)


def _read(content: bytes, layout: TiffLayout, segments: Iterator[Segment]) -> tuple[Samples, bool]:
    """Return samples (height, width, bands), zero where missing, and whether they are complete."""
    samples = np.zeros((layout.height_px, layout.width_px, layout.bands), layout.dtype)
    read = 0
    for segment in segments:
        part, is_whole = _unpacked(content, layout, segment)
        rows = segment.rows.stop - segment.rows.start
        columns = segment.columns.stop - segment.columns.start
        samples[segment.rows, segment.columns, segment.bands] = part[:rows, :columns]
        read += rows * columns * part.shape[2] * is_whole
    return samples, read >= samples.size


def _unpacked(content: bytes, layout: TiffLayout, segment: Segment) -> tuple[Samples, bool]:
    rows, columns, bands = segment.shape
    size = rows * columns * bands * layout.dtype.itemsize
    data = content[segment.offset : segment.offset + segment.size_bytes]
    if layout.is_packed:
        try:
            data = zlib.decompressobj().decompress(data, size)
        except zlib.error:
            data = b""
    is_whole = len(data) >= size
    data = data[:size].ljust(size, b"\0")
    if layout.predictor == 3:
        return _floats_of_differences(data, layout, segment.shape), is_whole
    part = np.frombuffer(data, layout.dtype).reshape(segment.shape)
    if layout.predictor == 2:
        part = np.cumsum(part, axis=1, dtype=layout.dtype.newbyteorder("=")).astype(layout.dtype)
    return part, is_whole


def _floats_of_differences(data: bytes, layout: TiffLayout, shape: tuple[int, int, int]) -> Samples:
    """Undo Adobe's predictor 3: rows of differences of bytes, ordered by place in the float."""
    rows, columns, bands = shape
    parts = np.frombuffer(data, np.uint8).reshape(rows, -1, bands)
    whole = np.cumsum(parts, axis=1, dtype=np.uint8).reshape(rows, layout.dtype.itemsize, -1)
    in_order = np.ascontiguousarray(whole.transpose(0, 2, 1))
    return in_order.view(layout.dtype.newbyteorder(">")).reshape(rows, columns, bands)


def _picture(samples: Samples, layout: TiffLayout, mode: str) -> Image.Image:
    scale = _scale(samples[..., : layout.colours], layout)
    shown = layout.colours + layout.has_alpha
    pixels = np.empty((*samples.shape[:2], shown), np.uint8)
    for band in _row_bands(samples):
        pixels[band, :, : layout.colours] = _eight_bits(samples[band, :, : layout.colours], *scale)
        if layout.has_alpha:
            opacity = _type_scale(layout, None) or (0.0, 255.0)
            pixels[band, :, -1] = _eight_bits(samples[band, :, layout.colours], *opacity)
    if layout.is_premultiplied:
        for band in _row_bands(samples):
            opacity_seen = pixels[band, :, -1:].astype(np.float32)
            colours = pixels[band, :, :-1] * (255 / np.maximum(opacity_seen, 1))
            pixels[band, :, :-1] = np.where(
                opacity_seen > 0, colours.clip(0, 255), pixels[band, :, :-1]
            )
    return Image.fromarray(pixels[..., 0] if shown == 1 else pixels, mode)


def _scale(samples: Samples, layout: TiffLayout) -> tuple[float, float]:
    """Return an offset to subtract from every value and then a factor, to map values to 0..255."""
    low, high = np.inf, -np.inf
    for band in _row_bands(samples):
        values = samples[band].astype(np.float64)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    scale = _type_scale(layout, high)
    if layout.dtype.kind == "f" and layout.colours == 3 and low >= 0 and high <= 1:
        scale = 0.0, 255.0
    if scale is not None:
        low, factor = scale
        return (255 / factor, -factor) if layout.is_white_zero else scale
    if layout.is_white_zero:
        low, high = high, low
    # Halved, because the span of the largest floats would overflow.
    return low, 127.5 / (high / 2 - low / 2) if np.isfinite(low) and high != low else 1.0


def _type_scale(layout: TiffLayout, high: float | None) -> tuple[float, float] | None:
    """Return the scale of unsigned numbers; `high` is the highest value, None for the full range.

    None for samples of other types.
    """
    if layout.dtype.kind != "u":
        return None
    bits = 8 * layout.dtype.itemsize
    if high is not None and 0 < high < DARK * 2**bits:
        bits = max(8, int(high).bit_length())
    return 0.0, 256 / 2.0**bits


def _eight_bits(samples: Samples, low: float, factor: float) -> NDArray[np.uint8]:
    with np.errstate(all="ignore"):  # NaN becomes black
        values = (samples.astype(np.float64) - low) * factor
    return np.nan_to_num(values).clip(0, 255).astype(np.uint8)


def _row_bands(samples: Samples) -> Iterator[slice]:
    rows = max(1, BAND_SAMPLES // max(1, samples[0].size))
    for top in range(0, len(samples), rows):
        yield slice(top, top + rows)
