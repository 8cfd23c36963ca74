"""One file to one RGB image, turned the way its camera was held, or a reason why not.

Whatever a file holds or claims, reading it takes at most 1 GiB: `MAX_FILE_BYTES` for the file and
`MAX_DECODE_BYTES` for all that its decoder and the work here need for its pixels, which is known
from the header, before a pixel is decoded. `python -m tests.fuzz decode` tries to break this.
"""

from __future__ import annotations

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import HeifImageFile

from indexer.exif import Exif, read_exif
from indexer.pixels import LYING, to_rgb, turned
from store import UnreadableImage

__all__ = [
    "MAX_DECODE_BYTES",
    "MAX_FILE_BYTES",
    "DecodedPhoto",
    "UnreadableImage",
    "decode",
    "decode_bytes",
    "decode_file",
    "decode_photo",
    "picture_size",
    "refuse_large_file",
]

MAX_FILE_BYTES = 256 * 2**20
"""A file is held in memory while it is decoded. A raw 16-bit picture of 40 megapixels fits."""

MAX_DECODE_BYTES = 700 * 2**20
"""What is left of 1 GiB beside the file and the interpreter."""

FORMATS = ("PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "PPM")
"""Formats of photos beside JPEG and HEIC. Pillow knows more; some start other programs."""

SHOWN_BYTES_A_PIXEL = 8
"""Pillow's own picture, four bytes a pixel also in RGB, and the one that is given back."""

DECODE_BYTES_A_PIXEL = {
    "PNG": 10,
    "GIF": 8,
    "BMP": 10,
    "PPM": 10,
    "TIFF": 12,
    "WEBP": 22,
    "AVIF": 22,
    "HEIF": 15,
    "JPEG2000": 26,
}
"""The most that a picture took when it was read, in any of the modes of its format, by measure.

So that limits lie at 73 megapixels for PNG, 48.9 for HEIC (telephones make 48.8), 33 for WebP.
"""

LARGE_DECODE_BYTES = 200 * 2**20
"""Pictures above this are decoded one after the other, however many threads there are."""

MAX_SCANNED_PIXELS = 5_000_000_000
"""A JPEG of many scans goes over all pixels in each, and a scan may be empty: a few kB take hours.

This is the 200 megapixels of a telephone in the ten scans of the usual progressive file, and more.
"""

DRAFT_PX = 1024
"""A JPEG too large to be decoded whole is made smaller by 2, 4 or 8, but no smaller than this,
unless less is enough."""

TILE_WIDTH, TILE_LENGTH = 322, 323  # tags of TIFF

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")

_one_large_decode = threading.Lock()


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo in memory.

    Attributes:
        image: mode RGB, turned; smaller than the photo only where that is a very large JPEG, or one
            of which less is enough.
        width_px: of the photo, turned.
        height_px: of the photo, turned.
        exif: what its camera wrote.
    """

    image: Image.Image
    width_px: int
    height_px: int
    exif: Exif


def decode(path: Path | str) -> Image.Image:
    """Read a photo.

    Args:
        path: the file; its content counts, not its suffix.

    Returns:
        Mode RGB, EXIF-turned; the first frame of an animation; what is transparent lies on white;
        16 bits become 8 by their upper half. A JPEG for which `MAX_DECODE_BYTES` is too little
        (above 52 megapixels, 66 with the usual half colours) is made smaller by 2, 4 or 8.

    Raises:
        UnreadableImage: what the file holds is no whole photo, or too large; says why.
        OSError: the file itself cannot be read, which may be otherwise tomorrow.
    """
    return decode_file(Path(path)).image


def decode_file(path: Path, enough_px: int | None = None) -> DecodedPhoto:
    """Read a photo and its full size from its file; as `decode` and `decode_photo` otherwise."""
    refuse_large_file(path.stat().st_size)
    return decode_photo(path.read_bytes(), enough_px)


def decode_bytes(content: bytes) -> Image.Image:
    """Read a photo from what its file holds; as `decode` otherwise.

    >>> decode_bytes(b"")
    Traceback (most recent call last):
    ...
    store.errors.UnreadableImage: the file is empty (0 bytes)
    """
    return decode_photo(content).image


def decode_photo(content: bytes, enough_px: int | None = None) -> DecodedPhoto:
    """Read a photo and its full size from what its file holds; as `decode` otherwise.

    Args:
        content: of the file.
        enough_px: a JPEG is made smaller by 2, 4 or 8 as long as both its sides keep this length,
            by leaving out fine detail while it is decoded, which is quicker; None for all pixels.
    """
    with _own_words(content):
        return _decode(content, enough_px)


def picture_size(content: bytes) -> tuple[int, int]:
    """Give the width and height that a picture claims, from its header alone, not turned.

    Raises:
        UnreadableImage: it is no picture of a known format.
    """
    with _own_words(content):
        image = _opened(content)
        width, height = image.size
        return width, height


@contextlib.contextmanager
def _own_words(content: bytes) -> Generator[None]:
    if not content:
        raise UnreadableImage("the file is empty (0 bytes)")
    refuse_large_file(len(content))
    # Pillow warns of odd metadata. Many threads decode at once, so a filter is added rather than
    # all filters saved and put back, which one thread would do to another.
    warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\.")
    try:
        yield
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage("its content is no image of a known format") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"it claims too many pixels: {error}") from error
    # Decoders meet broken data with SyntaxError, struct.error, IndexError and more.
    except Exception as error:
        raise UnreadableImage(f"damaged image: {error or type(error).__name__}") from error


def refuse_large_file(size_bytes: int) -> None:
    """Say whether a file may be read at all.

    Raises:
        UnreadableImage: it is too large.
    """
    if size_bytes > MAX_FILE_BYTES:
        raise UnreadableImage(f"it has {size_bytes:,} bytes, expected at most {MAX_FILE_BYTES:,}")


def _decode(content: bytes, enough_px: int | None) -> DecodedPhoto:
    image = _opened(content)
    full = image.size
    wanted = _wanted_bytes(image, content, enough_px)
    if wanted > MAX_DECODE_BYTES:
        raise UnreadableImage(
            f"it claims {full[0]} x {full[1]} pixels, which take {wanted / 2**20:,.0f} MiB to "
            f"decode, expected at most {MAX_DECODE_BYTES / 2**20:,.0f} MiB"
        )
    is_draft = image.size != full
    with _one_large_decode if wanted > LARGE_DECODE_BYTES else contextlib.nullcontext():
        image.load()
        orientation, exif = _orientation(image), read_exif(image)
        shown = to_rgb(image)
        image.close()  # a third picture, while this one is turned, would be one too many
        shown = turned(shown, orientation)
    if not is_draft:
        return DecodedPhoto(shown, *shown.size, exif)
    return DecodedPhoto(shown, *(full[::-1] if orientation in LYING else full), exif)


def _opened(content: bytes) -> ImageFile.ImageFile:
    """Read the header. What Pillow guards by a global limit of its own is guarded here instead."""
    file = io.BytesIO(content)
    if content.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(file)  # of a file of several (MPO), the first
    if content[4:8] == b"ftyp" and any(brand in content[8:64] for brand in HEIF_BRANDS):
        return HeifImageFile(file)  # type: ignore[no-untyped-call]
    Image.init()  # plugins that this build of Pillow lacks are not to be asked for
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])


def _wanted_bytes(image: ImageFile.ImageFile, content: bytes, enough_px: int | None) -> int:
    """Give the memory that decoding takes; a JPEG is made a draft where there is too little for it.

    It also is where less of it is enough.
    """
    pixels = image.width * image.height
    if not isinstance(image, JpegImageFile):
        # TIFF decodes whole tiles, whose size need not be that of the picture.
        tags = getattr(image, "tag_v2", {})
        tile: int = math.prod(tags.get(side, 0) for side in (TILE_WIDTH, TILE_LENGTH))
        return max(pixels, tile) * DECODE_BYTES_A_PIXEL[image.format or ""]
    if content.count(b"\xff\xda") * pixels > MAX_SCANNED_PIXELS:
        raise UnreadableImage(f"it goes over its {pixels:,} pixels too often to be a photo")
    # A file of several scans keeps two bytes of every sample until it has all scans.
    samples = [horizontal * vertical for _, horizontal, vertical, _ in image.layer]
    kept = 2 * pixels * sum(samples) // max([1, *samples])
    too_large = kept + pixels * SHOWN_BYTES_A_PIXEL > MAX_DECODE_BYTES
    if side := enough_px or (DRAFT_PX if too_large else None):
        image.draft(None, (side, side))
    return kept + image.width * image.height * SHOWN_BYTES_A_PIXEL


def _orientation(image: Image.Image) -> int:
    try:
        orientation: object = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF beside a good photo: it stays as it lies
        return 1
    return orientation if isinstance(orientation, int) else 1
