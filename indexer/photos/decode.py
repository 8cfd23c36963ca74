"""Decodes one file to one RGB image, turned upright by its orientation, or says why it cannot.

Whatever a file contains or claims, reading it takes at most 1 GiB: `MAX_FILE_BYTES` for the file,
and `decode_memory.MAX_DECODE_BYTES` for everything that its decoder and this package need for the
pixels. That is known from the header, before a pixel is decoded. `python -m tests.fuzz decode` and
`python -m tests.fuzz shapes` try to break this.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageFile, UnidentifiedImageError

from indexer.metadata.embedded import embedded_values
from indexer.metadata.values import MetadataValues
from indexer.photos.coded_colours import coded_profile
from indexer.photos.decode_memory import LARGE_DECODE_BYTES, has_sixteen_bits, reserve
from indexer.photos.exif import Exif, read_exif
from indexer.photos.frames import first_shown_frame
from indexer.photos.image_files import opened_image, quiet_decoders
from indexer.photos.mending import mended
from indexer.photos.orientation import orientation_of
from indexer.photos.pixels import LYING, RgbPicture, is_plain
from indexer.photos.raw_preview import is_raw_alone, raw_as_jpeg
from indexer.photos.tiff_samples import SampledTiff
from indexer.photos.tolerant import is_whole, load_what_is_there
from store import UnreadableImage

__all__ = [
    "MAX_FILE_BYTES",
    "READER_VERSION",
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
"""A file is kept in memory while it is decoded. A raw 16-bit picture of 40 megapixels fits."""

READER_VERSION = 1
"""Version of the reader; an index records which version read a photo.

Version 0 took pixel values as they are stored and refused damaged files. Version 1 handles colour
profiles and codes for them, empty alpha channels, 12-bit samples in 16 bits, orientations that only
EXIF states, animations that begin with a blank frame, and the readable part of damaged files.
"""

_one_large_decode = threading.Lock()


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo in memory.

    Attributes:
        picture: turned upright; smaller than the photo only if that is a very large JPEG, or a JPEG
            of which a reduced size is enough.
        width_px: full width of the photo, turned upright.
        height_px: full height of the photo, turned upright.
        exif: what its camera wrote.
        reader: the lowest `READER_VERSION` that decodes to these pixels.
        damage: what is wrong with a file of which only a part is shown; empty if it is intact.
        metadata: further values from its XMP, IPTC and EXIF.
    """

    picture: RgbPicture
    width_px: int
    height_px: int
    exif: Exif
    reader: int = 0
    damage: str = ""
    metadata: tuple[MetadataValues, ...] = ()

    @property
    def image(self) -> Image.Image:
        """Its pixels: mode RGB, colours of sRGB."""
        return self.picture.image


def decode(path: Path | str) -> Image.Image:
    """Read a photo.

    Args:
        path: the file; its content counts, not its suffix.

    Returns:
        Mode RGB with the colours of sRGB, turned upright by EXIF; the first frame of an animation
        that has more than one colour; transparent parts are white; 16 bits become 8 as described in
        `indexer.photos.pixels`. Of a truncated or damaged file, the readable part is returned. A
        JPEG that would take too much memory (above 52 megapixels, 66 with the usual 4:2:0 chroma
        subsampling) is reduced by a factor of 2, 4 or 8.

    Raises:
        UnreadableImage: the file has no photo, nothing readable of one, or one that is too large;
            the message says why.
        OSError: the file itself cannot be read, which may succeed later.
    """
    return decode_file(Path(path)).image


def decode_file(path: Path, enough_px: int | None = None) -> DecodedPhoto:
    """Read a photo and its full size from its file; otherwise like `decode` and `decode_photo`."""
    refuse_large_file(path.stat().st_size)
    return decode_photo(path.read_bytes(), enough_px)


def decode_bytes(content: bytes) -> Image.Image:
    """Read a photo from the bytes of its file; otherwise like `decode`.

    >>> decode_bytes(b"")
    Traceback (most recent call last):
    ...
    store.errors.UnreadableImage: the file is empty (0 bytes)
    """
    return decode_photo(content).image


def decode_photo(content: bytes, enough_px: int | None = None) -> DecodedPhoto:
    """Read a photo and its full size from the bytes of its file; otherwise like `decode`.

    Args:
        content: the bytes of the file.
        enough_px: a JPEG is reduced by a factor of 2, 4 or 8 as long as both its sides keep this
            length; fine detail is then skipped while decoding, which is faster. None for all
            pixels.
    """
    with _own_words(content):
        content = _shown(content)
        try:
            return _decode(content, enough_px)
        except (UnreadableImage, Image.DecompressionBombError, MemoryError):
            raise
        except Exception as error:  # whatever its decoder is strict about
            refused = error
        # The error must not keep the first picture in memory while a second one is decoded.
        refused.__traceback__ = refused.__context__ = refused.__cause__ = None
        photo = _decoded_tolerantly(content, enough_px, refused)
        if photo is None:
            raise refused
        return photo


def picture_size(content: bytes) -> tuple[int, int]:
    """Return the width and height that a picture's header claims, before turning it upright.

    Raises:
        UnreadableImage: it is not a picture of a known format.
    """
    with _own_words(content):
        content = _shown(content)
        try:
            width, height = opened_image(io.BytesIO(content)).size
        except (UnreadableImage, Image.DecompressionBombError):
            raise
        except Exception:  # mending may remove what its decoder is strict about
            width, height = opened_image(io.BytesIO(mended(content).content)).size
        return width, height


def _shown(content: bytes) -> bytes:
    """Return the bytes to decode: of a raw file its preview, otherwise the file."""
    preview = raw_as_jpeg(content)
    if preview is None and is_raw_alone(content):
        raise UnreadableImage("it is a raw file without a preview that can be shown")
    return content if preview is None else preview


@contextlib.contextmanager
def _own_words(content: bytes) -> Generator[None]:
    if not content:
        raise UnreadableImage("the file is empty (0 bytes)")
    refuse_large_file(len(content))
    quiet_decoders()
    try:
        yield
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImage("its content is not an image of a known format") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"it claims too many pixels: {error}") from error
    # Decoders raise SyntaxError, struct.error, IndexError and more for broken data.
    except Exception as error:
        raise UnreadableImage(f"damaged image: {error or type(error).__name__}") from error


def refuse_large_file(size_bytes: int) -> None:
    """Refuse a file that is too large to be read.

    Raises:
        UnreadableImage: it is too large.
    """
    if size_bytes > MAX_FILE_BYTES:
        raise UnreadableImage(f"it has {size_bytes:,} bytes, expected at most {MAX_FILE_BYTES:,}")


def _decoded_tolerantly(
    content: bytes, enough_px: int | None, refused: Exception
) -> DecodedPhoto | None:
    """Read a photo again that its decoder refused; return None if nothing of it can be shown."""
    again = mended(content)
    try:
        photo = _decode(again.content, enough_px, load_what_is_there)
    except MemoryError:
        raise
    except Exception:  # the caller raises the first error
        return None
    damage = photo.damage or again.damage
    if not damage:
        with _one_large_decode:
            damage = "" if is_whole(content) else str(refused)
    if damage and is_plain(photo.image):  # no pixel was decoded, or none that shows anything
        return None
    damage = damage and f"truncated or damaged, only partly readable: {damage}"
    return replace(photo, reader=READER_VERSION, damage=damage)


def _load(image: ImageFile.ImageFile) -> str:
    image.load()
    return ""


def _decode(
    content: bytes,
    enough_px: int | None,
    load: Callable[[ImageFile.ImageFile], str] = _load,
) -> DecodedPhoto:
    """Decode a photo; `load` loads its pixels and returns their damage, empty if there is none."""
    image = opened_image(io.BytesIO(content))
    full = image.size
    wanted = reserve(image, content, enough_px)
    is_draft = image.size != full
    with _one_large_decode if wanted > LARGE_DECODE_BYTES else contextlib.nullcontext():
        is_deep = has_sixteen_bits(image)
        damage = load(image)
        if (profile := coded_profile(image, content)) is not None:
            image.info["icc_profile"] = profile
        turn, exif = orientation_of(image, content), read_exif(image)
        metadata = embedded_values(image)
        shown = first_shown_frame(image, is_deep=is_deep)
        image.close()  # turning needs two pictures in memory; this would be a third
        picture = shown.turned(turn.orientation)
    is_other = shown.is_reinterpreted or turn.is_by_exif_alone or isinstance(image, SampledTiff)
    width, height = picture.numbers.size
    if is_draft:
        width, height = full[::-1] if turn.orientation in LYING else full
    reader = READER_VERSION * is_other
    return DecodedPhoto(picture, width, height, exif, reader, damage, metadata)
