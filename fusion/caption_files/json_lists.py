"""A JSON object of long lists, read entry by entry: in memory is one entry at a time.

What Python's own `json` takes is taken, NaN and all, and what it refuses is refused, so that a file
is read alike whatever its size. Entries are parsed by its scanner in C, and there is no more to do
for a large file than for a small one.
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
"""An error so close to the end of what was read may be one of a literal or number that goes on."""

_SIGN = re.compile(r"[^ \t\n\r]")


def _whole(digits: str) -> int | float:
    """Return a whole number, of which Python refuses to read one of thousands of digits."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_LONG_NUMBERS = json.JSONDecoder(parse_int=_whole)
"""Takes numbers of any length, and longer for all others than the one in C."""


class Piece(NamedTuple):
    """A piece of the object.

    Attributes:
        key: of the member that it belongs to.
        kind: `list` where a list begins, `entry` for each of its entries, or `value` for a member
            that is no list.
        value: the entry or value; None where a list begins.
    """

    key: str
    kind: str
    value: object


def pieces_of_object(file: BinaryIO, encoding: str | None = None) -> Iterator[Piece]:
    """Return the members of the object that a file holds, lists entry by entry.

    Args:
        file: at its start.
        encoding: None for the one that it begins like, which is UTF-8, UTF-16 or UTF-32.

    Raises:
        UnicodeDecodeError: it is no text of that encoding.
        ValueError: it is no JSON; says where.
        TypeError: it is JSON and no object; names the type that it is.
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
    """Return the object that a file holds, loaded whole: quicker, in ten times the memory.

    Takes, refuses and raises what `pieces_of_object` does.
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
    """Return the members of an object as `pieces_of_object` does."""
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
    """A window over the text of a file, which moves on as values are taken out of it."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        # cp1252 is what is left when nothing else fits, and leaves five bytes without a meaning.
        errors = "replace" if encoding == "cp1252" else "surrogatepass"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._before = 0  # characters of the file in front of the window
        self._is_whole = False

    def peek(self) -> str:
        """Return the next character that is no space, without taking it; empty at the end."""
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
            # A number at the end of the window may go on, with more digits or as in `1.5e+300`.
            is_whole = end <= len(self._text) - LONGEST_CUT or self._text[end - 1] in '"]}'
            if is_whole or not self._more():
                self._at = end
                return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        is_cut = error.pos >= len(self._text) - LONGEST_CUT
        return is_cut or error.msg.startswith("Unterminated string")

    def _more(self) -> bool:
        """Read on, at least as much as there is already: a large value is tried a few times only.

        Raises UnicodeDecodeError where it is no text.
        """
        if self._is_whole:
            return False
        left = self._text[self._at :]
        self._before += self._at
        content = self._file.read(max(CHUNK_BYTES, len(left)))
        self._is_whole = not content
        self._text, self._at = left + self._decoder.decode(content, self._is_whole), 0
        return True
