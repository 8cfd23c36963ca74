"""JSON objects that people send, held against what is expected, with errors that name the field."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

__all__ = ["Kinds", "checked_fields", "decoded_bytes"]

Kinds = Mapping[str, type | tuple[type, ...]]
"""What a field may hold, by its name."""


def checked_fields(record: object, known: Kinds, what: str) -> dict[str, Any]:
    """Return a copy of a JSON object whose fields are known and of their types.

    Args:
        record: as JSON gave it.
        known: what may be in it.
        what: it is, for messages.

    Raises:
        QueryError: it is something else; names the field.
    """
    from store import QueryError

    if not isinstance(record, Mapping):
        raise QueryError(f"{what} is {type(record).__name__}, expected an object")
    for name, value in record.items():
        kinds = known.get(name)
        if kinds is None:
            raise QueryError(f"{what} has no field {name!r}, expected {', '.join(known)}")
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        # In Python True is a number.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            raise QueryError(f"{name} of {what} is {type(value).__name__}, expected {names}")
    return dict(record)


def decoded_bytes(image: str) -> bytes:
    """Return what base64 stands for; QueryError where it is none."""
    from store import QueryError

    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        raise QueryError(f"an image of the query is no base64: {error}") from None
