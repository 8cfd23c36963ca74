"""Untrusted texts made safe to show: file names, captions, camera metadata, messages.

A name may hold bytes that are not text, and a caption a control sequence for a terminal: to change
its title, fill the clipboard, or overwrite lines. That is never intended, so each such character is
shown by its number, and everything that people read goes through `printable`. What programs read
(JSON, bare paths) keeps names unchanged, as far as the format allows.
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
"""Characters that JSON does not escape by itself, and that are not text: terminal controls, line
ends, changes of the writing direction, and lone surrogates."""

ESCAPED = re.compile(f"[{_ORDERS}]")
_UNPRINTABLE = re.compile(f"[\x00-\x1f{_ORDERS}]")
_UNPRINTABLE_IN_LINES = re.compile(f"[\x01-\x08\x0b-\x1f{_ORDERS}]")
_NO_TEXT = re.compile("[\ud800-\udfff]")
_BLANKS = str.maketrans("\t\n\r\x0b\x0c", "     ")
_PASSWORD = re.compile(r":(/{1,2})([^\s:/@]*):\S{1,256}@")
_FORMULA = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def printable(text: str) -> str:
    r"""Return a text on one line, without control characters.

    Tabs and line ends become blanks. Everything else that is not a letter, sign or blank is shown
    by its number, and so are bytes of a file name that are not UTF-8.

    >>> printable("a\ndog \x1b[2J")
    'a dog \\x1b[2J'
    >>> printable("caf\udce9.jpg")
    'caf\\xe9.jpg'
    """
    return _UNPRINTABLE.sub(_number, text.translate(_BLANKS))


def printable_lines(text: str) -> str:
    r"""Return a text of any number of lines, in which tabs, NUL and line ends are kept.

    >>> printable_lines("1\t/a\x07.jpg\n")
    '1\t/a\\x07.jpg\n'
    """
    return _UNPRINTABLE_IN_LINES.sub(_number, text)


def valid_text(text: str) -> str:
    r"""Return a text that can be encoded as UTF-8, as JSON requires, otherwise unchanged.

    >>> valid_text("caf\udce9\n.jpg")
    'caf\\xe9\n.jpg'
    """
    return _NO_TEXT.sub(_number, text)


def csv_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, with a quote in front if needed.

    >>> csv_cell("=1+1"), csv_cell("a dog")
    ("'=1+1", 'a dog')
    """
    return f"'{text}" if text[:1] and text[0] in _FORMULA else text


def without_passwords(text: str) -> str:
    """Return a text with the passwords of addresses removed.

    >>> without_passwords("POSTGRESQL://me:secret@db/photos is not there")
    'POSTGRESQL://me@db/photos is not there'
    """
    return _PASSWORD.sub(r":\1\2@", text)


def _number(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python represents a byte of a name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
