"""One file to one RGB image, turned the way its camera was held, or a reason why not.

Whatever a file holds or claims, reading it takes at most 1 GiB: `MAX_FILE_BYTES` for the file, and
`decode_memory.MAX_DECODE_BYTES` for all that its decoder and the work here need for its pixels,
which is known from the header, before a pixel is decoded. `python -m tests.fuzz decode` and
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
"""A file is held in memory while it is decoded. A raw 16-bit picture of 40 megapixels fits."""

READER_VERSION = 1
"""Counts the ways in which photos have been read; an index keeps by which one a photo was.

0 took all numbers as they stand and refused what was damaged. 1 reads colour profiles and what
stands for one, empty alpha
channels, 12 bits in 16, turns that only EXIF tells, animations that begin with nothing, and damaged
files as far as they go.
"""

_one_large_decode = threading.Lock()


@dataclass(frozen=True)
class DecodedPhoto:
    """A photo in memory.

    Attributes:
        picture: turned; smaller than the photo only where that is a very large JPEG, or one of
            which less is enough.
        width_px: of the photo, turned.
        height_px: of the photo, turned.
        exif: what its camera wrote.
        reader: the lowest `READER_VERSION` that gives these pixels.
        damage: what is wrong with a file that is shown as far as it goes; empty for a whole one.
        metadata: what its XMP, IPTC and EXIF say beside.
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
        Mode RGB with the colours of sRGB, EXIF-turned; the first frame of an animation that is more
        than one colour; what is transparent lies on white; 16 bits become 8 as
        `indexer.photos.pixels` says. A file that is cut off or damaged is given as far as it goes.
        A JPEG for which that memory is too little (above 52 megapixels, 66 with the usual half
        colours) is made smaller by 2, 4 or 8.

    Raises:
        UnreadableImage: the file holds no photo, nothing of one, or one that is too large; says
            why.
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
        content = _shown(content)
        try:
            return _decode(content, enough_px)
        except (UnreadableImage, Image.DecompressionBombError, MemoryError):
            raise
        except Exception as error:  # whatever its decoder is strict about
            refused = error
        # Nothing is to keep the first picture in memory while there is a second.
        refused.__traceback__ = refused.__context__ = refused.__cause__ = None
        photo = _decoded_tolerantly(content, enough_px, refused)
        if photo is None:
            raise refused
        return photo


def picture_size(content: bytes) -> tuple[int, int]:
    """Return the width and height that a picture claims, from its header alone, not turned.

    Raises:
        UnreadableImage: it is no picture of a known format.
    """
    with _own_words(content):
        content = _shown(content)
        try:
            width, height = opened_image(io.BytesIO(content)).size
        except (UnreadableImage, Image.DecompressionBombError):
            raise
        except Exception:  # what its decoder is strict about may be mended
            width, height = opened_image(io.BytesIO(mended(content).content)).size
        return width, height


def _shown(content: bytes) -> bytes:
    """Return what is shown of a file: of a raw one its preview."""
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
    # Decoders meet broken data with SyntaxError, struct.error, IndexError and more.
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
    """Read a photo once more that its decoder refused; None where nothing of it can be shown."""
    again = mended(content)
    try:
        photo = _decode(again.content, enough_px, load_what_is_there)
    except MemoryError:
        raise
    except Exception:  # it is refused by what was wrong first
        return None
    damage = photo.damage or again.damage
    if not damage:
        with _one_large_decode:
            damage = "" if is_whole(content) else str(refused)
    if damage and is_plain(photo.image):  # no pixel came, or none that shows something
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
    """Read a photo; `load` gives what is wrong with pixels that it has loaded all the same."""
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
        image.close()  # a third picture, while this one is turned, would be one too many
        picture = shown.turned(turn.orientation)
    is_other = shown.is_reinterpreted or turn.is_by_exif_alone or isinstance(image, SampledTiff)
    width, height = picture.numbers.size
    if is_draft:
        width, height = full[::-1] if turn.orientation in LYING else full
    reader = READER_VERSION * is_other
    return DecodedPhoto(picture, width, height, exif, reader, damage, metadata)
