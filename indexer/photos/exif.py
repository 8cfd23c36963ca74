"""Reads when and with which camera a photo was taken, from its EXIF.

Missing, empty and meaningless values are None: many cameras write zeros or blanks for what they do
not know. A time that EXIF does not call the time of the photo is marked as a guess.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

from indexer.photos.dates import date_of_text

__all__ = ["Exif", "read_exif"]

LONGEST = 100  # characters of a camera's name

_TAKEN = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized)
# What follows the brand in company names.
_FIRM = re.compile(
    r"[\s,]+(?:corporation|corp|company|co|ltd|inc|optical|imaging|electronics|electric|techwin"
    r"|gmbh|ag)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Exif:
    """What the camera wrote.

    Attributes:
        taken: when the photo was taken, by the camera's own clock; whole seconds, no time zone.
        camera: make and model: `Canon EOS 5D`, `Apple iPhone 15`.
        is_guess: whether `taken` is when the file was last written, because EXIF has no other time;
            if no camera is named, a program wrote it.
    """

    taken: datetime | None = None
    camera: str | None = None
    is_guess: bool = False


def read_exif(image: Image.Image) -> Exif:
    """Return the camera and time from an open image; an empty `Exif` if its EXIF is broken."""
    try:
        tags = image.getexif()
        inner = tags.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # Pillow raises many kinds of errors for broken tags
        return Exif()
    camera = camera_name(tags.get(ExifTags.Base.Make), tags.get(ExifTags.Base.Model))
    # Some cameras write these into the main directory instead of the Exif directory.
    times = (_date(part.get(tag)) for tag in _TAKEN for part in (inner, tags))
    taken = next((time for time in times if time is not None), None)
    if taken is not None:
        return Exif(taken, camera)
    # Old cameras write no other time.
    taken = _date(tags.get(ExifTags.Base.DateTime))
    return Exif(taken, camera, is_guess=taken is not None)


def camera_name(make: object, model: object) -> str | None:
    """Return a camera's name from its tags; None if they have none.

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
    # Against the standard, some programs write bytes.
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if isinstance(text, str):
        with suppress(UnicodeError):  # Pillow decodes text as Latin-1
            text = text.encode("latin-1").decode("utf-8")
    return date_of_text(_text(text))


def _text(value: object) -> str:
    """Return a tag's text on one line, without padding by zeros and blanks."""
    if not isinstance(value, str):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in value.split("\0")[0])
    return " ".join(shown.split())
