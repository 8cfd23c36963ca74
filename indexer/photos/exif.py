"""When and with what a photo was taken, as its camera wrote it (EXIF).

What is missing, empty or makes no sense is None: many cameras write zeros or blanks for what they
do not know. What is not said to be the time of the photo is marked as a guess.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

from indexer.photos.dates import date_of_text

__all__ = ["Exif", "read_exif"]

LONGEST = 100  # letters of a camera's name

_TAKEN = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized)
# How firms are called beyond their name.
_FIRM = re.compile(
    r"[\s,]+(?:corporation|corp|company|co|ltd|inc|optical|imaging|electronics|electric|techwin"
    r"|gmbh|ag)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Exif:
    """What the camera wrote.

    Attributes:
        taken: by the camera's own clock; whole seconds, no time zone.
        camera: make and model: `Canon EOS 5D`, `Apple iPhone 15`.
        is_guess: whether `taken` is when the file was last written, all that it tells; where no
            camera is named, a program wrote it.
    """

    taken: datetime | None = None
    camera: str | None = None
    is_guess: bool = False


def read_exif(image: Image.Image) -> Exif:
    """Return what an open image says of its camera; nothing where its EXIF is broken."""
    try:
        tags = image.getexif()
        inner = tags.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # Pillow meets broken tags with errors of all kinds
        return Exif()
    camera = camera_name(tags.get(ExifTags.Base.Make), tags.get(ExifTags.Base.Model))
    # Some cameras write these among the outer tags.
    times = (_date(part.get(tag)) for tag in _TAKEN for part in (inner, tags))
    taken = next((time for time in times if time is not None), None)
    if taken is not None:
        return Exif(taken, camera)
    # Old cameras write nothing else.
    taken = _date(tags.get(ExifTags.Base.DateTime))
    return Exif(taken, camera, is_guess=taken is not None)


def camera_name(make: object, model: object) -> str | None:
    """Return a camera's name from its tags; None where these name none.

    >>> camera_name("NIKON CORPORATION", "NIKON D70 "), camera_name("Canon", "Canon EOS 5D")
    ('NIKON D70', 'Canon EOS 5D')
    >>> camera_name("Apple", "iPhone 15"), camera_name("  ", None)
    ('Apple iPhone 15', None)
    """
    firm, name = _FIRM.sub("", _text(make)), _text(model)
    known = firm.split(" ")[0].lower()
    both = name if name.lower().startswith(known) and name else f"{firm} {name}".strip()
    return both[:LONGEST].strip() or None


def _date(value: object) -> datetime | None:
    # Against the norm, some programs write bytes.
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if isinstance(text, str):
        with suppress(UnicodeError):  # Pillow reads each byte as a letter
            text = text.encode("latin-1").decode("utf-8")
    return date_of_text(_text(text))


def _text(value: object) -> str:
    """Return a tag's text on one line, without the zeros and blanks that fill it up."""
    if not isinstance(value, str):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in value.split("\0")[0])
    return " ".join(shown.split())
