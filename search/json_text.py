"""JSON that is safe to show: without control characters for terminals, and always UTF-8."""

from __future__ import annotations

import json

from search.printable import ESCAPED, valid_text

__all__ = ["json_text", "valid_record"]


def json_text(record: object, *, compact: bool = False) -> str:
    r"""Return a record as JSON on one line, equivalent to its plain form.

    Anything that is not proper text, such as a lone surrogate or a control character, is written as
    a JSON escape. The compact form, which servers send, has no blanks and no NaN.

    >>> json_text({"path": "caf\udce9\x9b2J.jpg"})
    '{"path": "caf\\udce9\\u009b2J.jpg"}'
    """
    separators = (",", ":") if compact else (", ", ": ")
    plain = json.dumps(record, ensure_ascii=False, allow_nan=not compact, separators=separators)
    return ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)


def valid_record(record: object) -> object:
    r"""Return a record all of whose texts can be written in UTF-8 (`search.printable.valid_text`).

    >>> valid_record({"caf\udce9": ["a", ("\udcff", 1)]})
    {'caf\\xe9': ['a', ['\\xff', 1]]}
    """
    if isinstance(record, str):
        return valid_text(record)
    if isinstance(record, dict):
        return {valid_record(name): valid_record(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [valid_record(value) for value in record]
    return record
