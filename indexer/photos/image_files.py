"""Opens a picture by the content of its file, without loading its pixels."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import HeifImageFile

from indexer.photos.jxl_size import is_jxl, refuse_large_jxl
from indexer.photos.tiff_layout import is_misread
from indexer.photos.tiff_samples import TIFF_STARTS, SampledTiff

__all__ = ["opened_image", "quiet_decoders"]

if find_spec("pillow_jxl"):
    import_module("pillow_jxl")  # registers the format with Pillow

FORMATS = ("PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "PPM", "JXL")
"""Formats of photos other than JPEG and HEIC. Pillow knows more; some start other programs."""

HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"} | {b"j2ki", b"j2is"}
)
AVIF_BRANDS = frozenset({b"avif", b"avis"})
ANY_BRANDS = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
"""Brands of the container, which do not say what is in the file."""


def quiet_decoders() -> None:
    """Keep decoders from warning about odd metadata.

    This adds a filter instead of saving and restoring all filters, because many threads decode at
    once and would restore each other's.
    """
    warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\.")


def opened_image(file: BinaryIO) -> ImageFile.ImageFile:
    """Return a picture of a known format, whose pixels are not loaded yet, from its open file.

    The caller must limit its pixels, for which Pillow has only a global limit. Raises what decoders
    raise, and `UnidentifiedImageError` if the format is not known.
    """
    head = file.read(512)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(file)  # in a file of several pictures (MPO), the first
    if head[4:8] == b"ftyp" and _is_heif(head):
        return HeifImageFile(file)  # type: ignore[no-untyped-call]
    if is_jxl(head):
        refuse_large_jxl(file.read())
        file.seek(0)
    Image.init()  # fills Image.OPEN, which lacks formats that this build of Pillow does not have
    try:
        image = Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        if not head.startswith(TIFF_STARTS):
            raise
    else:
        if image.format != "TIFF" or not is_misread(image.tag_v2):  # type: ignore[attr-defined]
            return image
    file.seek(0)
    return SampledTiff(file)


def _is_heif(head: bytes) -> bool:
    """Return whether a file in the container of HEIC and AVIF is HEIC, by its brands."""
    end = min(max(int.from_bytes(head[:4], "big"), 20), 512)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    return bool(brands & HEIF_BRANDS or (brands & ANY_BRANDS and not brands & AVIF_BRANDS))
