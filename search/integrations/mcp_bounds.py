"""Bounds on what an assistant receives: texts are cut and pictures shrunk until they fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import NamedTuple

from search.photo_files.thumbnails import shrunk
from search.printable import printable

__all__ = ["ANSWER_BYTES", "LONGEST_PX", "Cut", "fitting_picture", "fitting_record"]

ANSWER_BYTES = 1_000_000
"""Limit for a whole answer, which holds a record twice: as JSON, and as text of that JSON."""

LONGEST_PX = 1024
"""The longest side of a picture."""

_RECORD_BYTES = 250_000
"""Limit for a record alone: as text it is indented, and its quotes are escaped."""

_PICTURE_BYTES = 500_000
_SIDES_PX = (LONGEST_PX, 768, 512, 256, 128)


class Cut(NamedTuple):
    """How far texts are cut.

    Attributes:
        texts: limit on the texts of each list.
        letters: limit on the characters of each text.
    """

    texts: int
    letters: int

    def text(self, text: str) -> str:
        """Return a text that can be shown, cut.

        >>> Cut(1, 5).text("a brown dog")
        'a br…'
        """
        shown = printable(text)
        return shown if len(shown) <= self.letters else f"{shown[: self.letters - 1]}…"

    def list(self, texts: Iterable[str]) -> list[str]:
        """Return the first of the texts, each cut.

        >>> Cut(1, 5).list(["a dog", "a pet"])
        ['a dog']
        """
        return [self.text(text) for text in list(texts)[: self.texts]]


_CUTS = (Cut(200, 4096), Cut(50, 1000), Cut(10, 300), Cut(5, 100), Cut(1, 40))


def fitting_record(make: Callable[[Cut], dict[str, object]]) -> dict[str, object]:
    """Return a record whose texts are cut only as far as the limit on answers requires.

    Args:
        make: returns the record with its texts cut.
    """
    record: dict[str, object] = {}
    for cut in _CUTS:
        record = make(cut)
        if len(json.dumps(record)) <= _RECORD_BYTES:
            break
    return record


def fitting_picture(content: bytes) -> bytes:
    """Return a photo as a JPEG, at most `LONGEST_PX` wide and high, smaller if necessary.

    Raises:
        UnreadableImage: the content is not a photo.
    """
    picture = b""
    for side in _SIDES_PX:
        picture = shrunk(content, side)
        if len(picture) <= _PICTURE_BYTES:
            break
    return picture
