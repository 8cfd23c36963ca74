"""File names in a query: "IMG_0001", "DSC01234.jpg"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from search.understanding.chips import Chip, ChipKind
from search.understanding.known_names import quoted
from search.understanding.typed_words import typed_words

__all__ = ["asks_with_file", "file_chips", "names_photo"]

MOST_LOOKED_UP = 4
"""Limit on a query's words that are looked up among file names."""

_NAME = re.compile(r"[\w.()-]+")
_NUMBER = re.compile(r"\d{3}")
_SUFFIX = re.compile(
    r"\.(?:jpe?g|jfif|png|gif|webp|heic|heif|avif|tiff?|bmp|dng|cr[23]|nef|arw|orf|rw2|raf|jxl)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"[12]\d{3}s?|\d{1,4}")


def file_chips(text: str, has_file: Callable[[str], bool]) -> Iterator[Chip]:
    """Return the chips of words that are names of files in the collection.

    A word may be one if it has three digits or the suffix of a photo, and is not a plain number of
    up to four digits.

    >>> [chip.where for chip in file_chips("img_0001 at noon", lambda name: True)]
    ["name ~ 'img_0001'"]
    """
    asked = 0
    for word in typed_words(text):
        if not _is_name(word.typed) or asked == MOST_LOOKED_UP:
            continue
        asked += 1
        if has_file(word.typed):
            operator = "=" if names_photo(word.typed) else "~"
            where = f"name {operator} {quoted(word.typed)}"
            yield Chip(ChipKind.file, word.typed, word.start, word.end, word.typed, where)


def names_photo(word: str) -> bool:
    """Return whether a word ends like the name of a photo's file.

    >>> names_photo("cat.jpg"), names_photo("jpg"), names_photo("a.jpg b")
    (True, False, False)
    """
    stem, dot, suffix = word.rpartition(".")
    return bool(stem) and " " not in word and _SUFFIX.fullmatch(dot + suffix) is not None


def asks_with_file(text: str) -> bool:
    """Return whether a text can only be the path of a photo's file.

    >>> asks_with_file("./my cat.jpg"), asks_with_file("cat.jpg"), asks_with_file("a cat.jpg")
    (True, True, False)
    """
    stem, dot, suffix = text.rpartition(".")
    is_photo = bool(stem) and _SUFFIX.fullmatch(dot + suffix) is not None
    return is_photo and ("/" in text or not any(letter.isspace() for letter in text))


def _is_name(word: str) -> bool:
    if names_photo(word):
        return True
    is_numbered = _NAME.fullmatch(word) is not None and _NUMBER.search(word) is not None
    return is_numbered and _YEAR.fullmatch(word) is None
