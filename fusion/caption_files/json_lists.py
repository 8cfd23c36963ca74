"""A JSON object of long lists, read entry by entry, with one entry in memory at a time.

It accepts and rejects the same files as Python's own `json`, including NaN, so that files are read
alike whatever their size. Entries are parsed by Python's scanner in C.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

__all__ = ["Piece", "load_object", "pieces_of_loaded", "pieces_of_object"]

CHUNK_BYTES = 2**20

LONGEST_CUT = 16
"""An error this close to the end of the window may be due to a literal or number that was cut off,
in characters."""

_SIGN = re.compile(r"[^ \t\n\r]")


def _whole(digits: str) -> int | float:
    """Return an integer, or a float if it has so many digits that Python refuses to convert it."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_LONG_NUMBERS = json.JSONDecoder(parse_int=_whole)
"""Accepts numbers of any length, but is slower than the scanner in C."""


class Piece(NamedTuple):
    """A piece of the object.

    Attributes:
        key: the name of the member that it belongs to.
        kind: `list` for the beginning of a list, `entry` for each of its entries, or `value` for a
            member that is not a list.
        value: the entry or value; None for the beginning of a list.
    """

    key: str
    kind: str
    value: object


def pieces_of_object(file: BinaryIO, encoding: str | None = None) -> Iterator[Piece]:
    """Return the members of the object in a file, with lists entry by entry.

    Args:
        file: the file, at its start.
        encoding: the encoding; None to detect UTF-8, UTF-16 or UTF-32 from the first bytes.

    Raises:
        UnicodeDecodeError: the file is not text in that encoding.
        ValueError: the file is not JSON; the message says where.
        TypeError: the file is JSON but not an object; the message is the name of its type.
    """
    head = file.read(4)
    file.seek(0)
    scanner = _Scanner(file, encoding or json.detect_encoding(head))
    if scanner.peek() != "{":
        value = scanner.value()
        scanner.end()
        raise TypeError(type(value).__name__)
    scanner.take("{")
    if scanner.peek() != "}":
        while True:
            yield from _member(scanner)
            if scanner.peek() != ",":
                break
            scanner.take(",")
    scanner.take("}")
    scanner.end()


def load_object(content: bytes, encoding: str | None = None) -> dict[str, object]:
    """Return the object in a file, loaded whole: faster, but it takes ten times its size in memory.

    It accepts and raises the same as `pieces_of_object`.
    """
    errors = "replace" if encoding == "cp1252" else "surrogatepass"
    text = content.decode(encoding or json.detect_encoding(content), errors)
    try:
        content_object = json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        content_object = _LONG_NUMBERS.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(content_object, dict):
        raise TypeError(type(content_object).__name__)
    return content_object


def pieces_of_loaded(content: dict[str, object]) -> Iterator[Piece]:
    """Return the members of a loaded object in the form of `pieces_of_object`."""
    for key, value in content.items():
        if isinstance(value, list):
            yield Piece(key, "list", None)
            yield from (Piece(key, "entry", entry) for entry in value)
        else:
            yield Piece(key, "value", value)


def _member(scanner: _Scanner) -> Iterator[Piece]:
    if scanner.peek() != '"':
        raise scanner.expected("a name in double quotes")
    key = str(scanner.value())
    scanner.take(":")
    if scanner.peek() != "[":
        yield Piece(key, "value", scanner.value())
        return
    yield Piece(key, "list", None)
    scanner.take("[")
    if scanner.peek() != "]":
        while True:
            yield Piece(key, "entry", scanner.value())
            if scanner.peek() != ",":
                break
            scanner.take(",")
    scanner.take("]")


class _Scanner:
    """A window over the text of a file, which advances as values are parsed."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        # cp1252 is the last resort, and leaves five bytes undefined.
        errors = "replace" if encoding == "cp1252" else "surrogatepass"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._before = 0  # characters of the file in front of the window
        self._is_whole = False

    def peek(self) -> str:
        """Return the next non-space character without consuming it; empty at the end."""
        while True:
            if (sign := _SIGN.search(self._text, self._at)) is not None:
                self._at = sign.start()
                return sign[0]
            self._at = len(self._text)
            if not self._more():
                return ""

    def take(self, sign: str) -> None:
        if self.peek() != sign:
            raise self.expected(f"'{sign}'")
        self._at += 1

    def end(self) -> None:
        if self.peek():
            raise self.expected("its end")

    def expected(self, what: str) -> ValueError:
        return ValueError(f"expected {what} at character {self._before + self._at:,}")

    def value(self) -> object:
        self.peek()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._may_go_on(error) and self._more():
                    continue
                raise ValueError(f"{error.msg} at character {self._before + error.pos:,}") from None
            except ValueError:
                value, end = _LONG_NUMBERS.raw_decode(self._text, self._at)
            except RecursionError:
                raise ValueError("it is nested too deep") from None
            # A number at the end of the window may continue, with more digits or as in `1.5e+300`.
            is_whole = end <= len(self._text) - LONGEST_CUT or self._text[end - 1] in '"]}'
            if is_whole or not self._more():
                self._at = end
                return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        is_cut = error.pos >= len(self._text) - LONGEST_CUT
        return is_cut or error.msg.startswith("Unterminated string")

    def _more(self) -> bool:
        """Read more, at least as much as is unparsed, so that a large value is retried few times.

        Returns:
            False if the file had ended already.

        Raises:
            UnicodeDecodeError: the file is not text in its encoding.
        """
        if self._is_whole:
            return False
        left = self._text[self._at :]
        self._before += self._at
        content = self._file.read(max(CHUNK_BYTES, len(left)))
        self._is_whole = not content
        self._text, self._at = left + self._decoder.decode(content, self._is_whole), 0
        return True
