"""One file to one RGB image, turned the way its camera was held, or a reason why not."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from store import UnreadableImage

__all__ = ["UnreadableImage", "decode", "decode_bytes"]

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "PPM")
"""Formats of photos. Pillow knows more; some, such as EPS, start other programs."""

MAX_PIXELS = 200_000_000
"""Above any camera of today; what claims more is taken for a decompression bomb."""


def decode(path: Path | str) -> Image.Image:
    """Read a photo.

    Args:
        path: the file; its content counts, not its suffix.

    Returns:
        Mode RGB, EXIF-turned; the first frame of an animation; what is transparent lies on white;
        16 bits become 8 by their upper half.

    Raises:
        UnreadableImage: what the file holds is no whole photo; says why.
        OSError: the file itself cannot be read, which may be otherwise tomorrow.
    """
    return decode_bytes(Path(path).read_bytes())


def decode_bytes(content: bytes) -> Image.Image:
    """Read a photo from what its file holds; as `decode` otherwise.

    >>> decode_bytes(b"")
    Traceback (most recent call last):
    ...
    store.errors.UnreadableImage: the file is empty (0 bytes)
    """
    if not content:
        raise UnreadableImage("the file is empty (0 bytes)")
    with warnings.catch_warnings():
        # Pillow warns of odd metadata, and of sizes below our own limit.
        warnings.simplefilter("ignore")
        try:
            return _decode(io.BytesIO(content))
        except UnreadableImage:
            raise
        except UnidentifiedImageError as error:
            raise UnreadableImage("its content is no image of a known format") from error
        except Image.DecompressionBombError as error:
            raise UnreadableImage(f"it claims too many pixels: {error}") from error
        # Decoders meet broken data with SyntaxError, struct.error, IndexError and more.
        except Exception as error:
            raise UnreadableImage(f"damaged image: {error or type(error).__name__}") from error


def _decode(file: io.BytesIO) -> Image.Image:
    Image.init()  # plugins that this build of Pillow lacks are not to be asked for
    known = [name for name in FORMATS if name in Image.OPEN]
    with Image.open(file, formats=known) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise UnreadableImage(f"it claims {width} x {height} pixels, expected {MAX_PIXELS:,}")
        image.load()
        return _rgb(_turned(image))


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF beside a good photo: it stays as it lies
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image.convert("RGB").copy() if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Bring 16 or 32 bits a pixel, (H, W), to 0..255."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = float(values.min()), float(values.max())
    if image.mode == "F" or low < 0 or high > 65_535:
        # No range is agreed on: the darkest becomes black, the brightest white.
        values = (values - low) * (255.0 / ((high - low) or 1.0))
    elif image.mode.startswith("I;16") or high > 255:
        values = values // 256
    return values.clip(0, 255).astype(np.uint8)
