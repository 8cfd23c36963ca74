"""When and with what a photo was taken, as its camera wrote it (EXIF).

What is missing, empty or makes no sense is None, never a guess: many cameras write zeros or blanks
for what they do not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

__all__ = ["Exif", "read_exif"]

LONGEST = 100  # letters of a camera's name
FIRST_PHOTO = 1826

_TIME = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
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
    """

    taken: datetime | None = None
    camera: str | None = None


def read_exif(image: Image.Image) -> Exif:
    """Give what an open image says of its camera; nothing where its EXIF is broken."""
    try:
        tags = image.getexif()
        inner = tags.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # Pillow meets broken tags with errors of all kinds
        return Exif()
    # Not `DateTime`, which is when a program last wrote the file.
    taken = _time(inner.get(ExifTags.Base.DateTimeOriginal))
    taken = taken or _time(inner.get(ExifTags.Base.DateTimeDigitized))
    return Exif(taken, camera_name(tags.get(ExifTags.Base.Make), tags.get(ExifTags.Base.Model)))


def camera_name(make: object, model: object) -> str | None:
    """Give a camera's name from its tags; None where these name none.

    >>> camera_name("NIKON CORPORATION", "NIKON D70 "), camera_name("Canon", "Canon EOS 5D")
    ('NIKON D70', 'Canon EOS 5D')
    >>> camera_name("Apple", "iPhone 15"), camera_name("  ", None)
    ('Apple iPhone 15', None)
    """
    firm, name = _FIRM.sub("", _text(make)), _text(model)
    known = firm.split(" ")[0].lower()
    both = name if name.lower().startswith(known) and name else f"{firm} {name}".strip()
    return both[:LONGEST].strip() or None


def _text(value: object) -> str:
    """Give a tag's text on one line, without the zeros and blanks that fill it up."""
    if not isinstance(value, str):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in value.split("\0")[0])
    return " ".join(shown.split())


def _time(value: object) -> datetime | None:
    found = _TIME.match(_text(value))
    if found is None:
        return None
    try:
        time = datetime(*map(int, found.groups()))  # type: ignore[arg-type]
    except ValueError:  # the thirteenth month, or all zeros
        return None
    return time if time.year >= FIRST_PHOTO else None
