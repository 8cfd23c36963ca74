"""Captions as files of other programs hold them: which values are texts, and of which bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

__all__ = ["decoded", "texts_in"]

RECORD_FIELDS = ("raw", "caption", "captions", "text", "texts", "txt", "sentence", "sentences")
"""Under which records of captions have their text. The first with one counts: beside `raw` there
often are the same words once more, as tokens."""

LONGEST_BYTES = 2**16
"""What is longer is no caption, but something else that a column of bytes has."""

MARKS = (
    # The longer ones first: that of UTF-32 begins as that of UTF-16 does.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_AROUND = "\ufeff\0"  # a byte order mark, and what pads fields of a fixed width


def texts_in(value: object, deepest: int = 4) -> Iterator[str]:
    """Return the captions in a value: a text or its bytes, a list of captions, or a record of one.

    What is nested more than `deepest` times is left alone. Of anything else no text is made: a
    caption that is null is none, and not the word "None".

    >>> list(texts_in([" a dog ", {"raw": "a cat", "tokens": ["a", "cat"]}, None, 7, ""]))
    ['a dog', 'a cat']
    """
    if isinstance(value, str | bytes):
        if text := _plain(value):
            yield text
    elif isinstance(value, list | tuple) and deepest:
        for item in value:
            yield from texts_in(item, deepest - 1)
    elif isinstance(value, dict) and deepest:
        by_field = (list(texts_in(value.get(field), deepest - 1)) for field in RECORD_FIELDS)
        yield from next(filter(None, by_field), [])


def _plain(value: str | bytes) -> str:
    if isinstance(value, bytes):
        value = decoded(value) if len(value) <= LONGEST_BYTES else ""
    return value.strip().strip(_AROUND).strip()


def decoded(content: bytes) -> str:
    r"""Return the text of a file: by its byte order mark, as UTF-8, or, if it is none, as cp1252.

    >>> decoded(b"\xef\xbb\xbfa dog"), decoded("caf\xe9".encode("cp1252"))
    ('a dog', 'café')
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
