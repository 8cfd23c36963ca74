"""Captions as other programs write them to files: finds the texts in values and decodes bytes."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator

__all__ = ["decoded", "texts_in", "texts_of_json"]

RECORD_FIELDS = ("raw", "caption", "captions", "text", "texts", "txt", "sentence", "sentences")
"""Fields in which records of captions have their text. Only the first field with text is used: a
record with `raw` often repeats the same words as tokens."""

LONGEST_BYTES = 2**16
"""Longer values are not captions, but something else in a column of bytes."""

LOOKED_AT = 1000
"""Number of bytes from which the encoding is detected."""

MARKS = (
    # UTF-32 before UTF-16, because its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_AROUND = "\ufeff\0"  # a byte order mark, and the padding of fixed-width fields


def texts_in(value: object, deepest: int = 4) -> Iterator[str]:
    """Return the captions in a value: a text or its bytes, a list of captions, or a record.

    Values nested more than `deepest` times are ignored. Other values are not converted to text: a
    caption that is null yields nothing, not the word "None". A text that is a JSON list of texts,
    as in tables without a list type, yields those texts; a pair (a tuple) is an entry of a map.

    >>> list(texts_in([" a dog ", {"raw": "a cat", "tokens": ["a", "cat"]}, None, 7, ""]))
    ['a dog', 'a cat']
    >>> list(texts_in('["a dog", "a cat"]')), list(texts_in([("en", "a dog")]))
    (['a dog', 'a cat'], ['a dog'])
    """
    if isinstance(value, str | bytes):
        text = _plain(value)
        if text.startswith('["') and deepest and (listed := _listed(text)) is not None:
            yield from texts_in(listed, deepest - 1)
        elif text:
            yield text
    elif isinstance(value, tuple) and len(value) == 2 and deepest:
        yield from texts_in(value[1], deepest - 1)
    elif isinstance(value, list | tuple) and deepest:
        for item in value:
            yield from texts_in(item, deepest - 1)
    elif isinstance(value, dict) and deepest:
        by_field = (list(texts_in(value.get(field), deepest - 1)) for field in RECORD_FIELDS)
        yield from next(filter(None, by_field), [])


def texts_of_json(text: str) -> list[str]:
    """Return the captions in a sample's JSON; JSON of any other form yields none.

    >>> texts_of_json('{"caption": "a dog", "captions": ["a dog", "it runs"], "id": 7}')
    ['a dog', 'a dog', 'it runs']
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if isinstance(content, dict):
        both = [*texts_in(content.get("caption")), *texts_in(content.get("captions"))]
        return both or list(texts_in(content))
    is_texts = isinstance(content, list) and all(isinstance(value, str) for value in content)
    return list(texts_in(content)) if is_texts else []


def _plain(value: str | bytes) -> str:
    if isinstance(value, bytes):
        value = decoded(value) if len(value) <= LONGEST_BYTES else ""
    return value.strip().strip(_AROUND).strip().replace("\0", " ")


def _listed(text: str) -> list[str] | None:
    """Return the texts of a JSON list that contains only texts; None for anything else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return values if is_list else None


def decoded(content: bytes) -> str:
    r"""Decode the text of a file: by its byte order mark, as UTF-8, or, if that fails, as cp1252.

    UTF-16 without a mark is recognised by the zero bytes that it has next to Latin letters.

    >>> decoded(b"\xef\xbb\xbfa dog"), decoded("caf\xe9".encode("cp1252"))
    ('a dog', 'café')
    >>> decoded("a dog".encode("utf-16-be"))
    'a dog'
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    zeros = content[:LOOKED_AT:2].count(0), content[1:LOOKED_AT:2].count(0)
    if min(zeros) == 0 and max(zeros) > min(len(content), LOOKED_AT) / 4:
        return content.decode("utf-16-be" if zeros[0] else "utf-16-le", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
