"""Texts of strangers as people may see them: file names, captions, what a camera wrote, messages.

A name may hold bytes that are no text, and a caption an instruction to a terminal: to change its
title, fill the clipboard, or write over lines that stand there. Nothing of that kind is ever meant,
so each such letter is shown by its number, and all that people read goes through `printable`.
What programs read (JSON, bare paths) keeps names as they are, as far as its form can hold them.
"""

from __future__ import annotations

import re

__all__ = [
    "ESCAPED",
    "csv_cell",
    "printable",
    "printable_lines",
    "valid_text",
    "without_passwords",
]

_ORDERS = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""Letters that JSON does not write as escapes by itself, and that are no text: instructions to
terminals, ends of lines, turns of the direction of writing, and halves of letters."""

ESCAPED = re.compile(f"[{_ORDERS}]")
_UNPRINTABLE = re.compile(f"[\x00-\x1f{_ORDERS}]")
_UNPRINTABLE_IN_LINES = re.compile(f"[\x01-\x08\x0b-\x1f{_ORDERS}]")
_NO_TEXT = re.compile("[\ud800-\udfff]")
_BLANKS = str.maketrans("\t\n\r\x0b\x0c", "     ")
_PASSWORD = re.compile(r":(/{1,2})([^\s:/@]*):\S{1,256}@")
_FORMULA = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def printable(text: str) -> str:
    r"""Return a text on one line, without anything that a terminal obeys.

    Tabs and ends of lines become blanks. All else that is no letter, sign or blank is shown by its
    number, and so are bytes of a file name that are no UTF-8.

    >>> printable("a\ndog \x1b[2J")
    'a dog \\x1b[2J'
    >>> printable("caf\udce9.jpg")
    'caf\\xe9.jpg'
    """
    return _UNPRINTABLE.sub(_number, text.translate(_BLANKS))


def printable_lines(text: str) -> str:
    r"""Return a text of any number of lines, in which tabs, NUL and line ends stay what they are.

    >>> printable_lines("1\t/a\x07.jpg\n")
    '1\t/a\\x07.jpg\n'
    """
    return _UNPRINTABLE_IN_LINES.sub(_number, text)


def valid_text(text: str) -> str:
    r"""Return a text that can be written in UTF-8, as JSON must be; else it stays as it is.

    >>> valid_text("caf\udce9\n.jpg")
    'caf\\xe9\n.jpg'
    """
    return _NO_TEXT.sub(_number, text)


def csv_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins as such gets a quote.

    >>> csv_cell("=1+1"), csv_cell("a dog")
    ("'=1+1", 'a dog')
    """
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text


def without_passwords(text: str) -> str:
    """Return a text in which addresses have lost their passwords.

    >>> without_passwords("POSTGRESQL://me:secret@db/photos is not there")
    'POSTGRESQL://me@db/photos is not there'
    """
    return _PASSWORD.sub(r":\1\2@", text)


def _number(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python writes a byte of a name that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
