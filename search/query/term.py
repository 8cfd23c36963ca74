"""One thing that a search wants or does not want: a text, a photo, or a photo of the index."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.query.json_fields import Kinds, checked_fields, decoded_bytes

__all__ = ["HEAVIEST", "LIGHTEST", "Term"]

LIGHTEST, HEAVIEST = 0.001, 1000.0
"""Weights of terms, far from where single precision ends."""


@dataclass(frozen=True)
class Term:
    """One thing that is wanted or not wanted: a text, a photo, or a photo of the index.

    Attributes:
        text: what the photo shows; what is longer than the text encoder reads is cut off.
        image: the bytes of a photo's file, or where it lies.
        image_id: a photo of the index that is searched.
        weight: 0.001 to 1000, how much it counts beside the others.

    Raises:
        QueryError: not exactly one of the three, an empty text, or a weight that is none.
    """

    text: str | None = None
    image: bytes | Path | None = None
    image_id: int | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        from store import QueryError

        given = [each for each in (self.text, self.image, self.image_id) if each is not None]
        if len(given) != 1:
            raise QueryError(f"a term is one of text, image and image_id, found {len(given)}")
        if not LIGHTEST <= self.weight <= HEAVIEST:
            raise QueryError(
                f"the weight of {self} is {self.weight:g}, expected {LIGHTEST:g} to {HEAVIEST:g}"
            )
        if self.text is not None:
            object.__setattr__(self, "text", _clean(self.text))

    def __str__(self) -> str:
        if self.text is not None:
            return f'"{self.text}"'
        if self.image_id is not None:
            return f"photo {self.image_id}"
        return str(self.image) if isinstance(self.image, Path) else "a photo"

    def to_dict(self) -> dict[str, Any]:
        """Return its JSON form: weight, and text, image_id, path, or image as base64."""
        record: dict[str, Any] = {"weight": self.weight}
        if isinstance(self.image, bytes):
            record["image"] = base64.b64encode(self.image).decode("ascii")
        elif self.image is not None:
            record["path"] = str(self.image)
        elif self.text is not None:
            record["text"] = self.text
        else:
            record["image_id"] = self.image_id
        return record

    @classmethod
    def from_dict(cls, record: object, *, paths: bool = False) -> Term:
        """Read the form of `to_dict`, or a bare text.

        Args:
            record: as JSON gave it.
            paths: whether it may name a file, which is then read: not from people far away.

        Raises:
            QueryError: it is something else.
        """
        if isinstance(record, str):
            return cls(record)
        known: Kinds = {
            "text": str, "image": str, "image_id": int, "weight": (int, float),
        }  # fmt: skip
        checked = checked_fields(record, {**known, **({"path": str} if paths else {})}, "a term")
        image: bytes | Path | None = None
        if "image" in checked:
            image = decoded_bytes(checked.pop("image"))
        if "path" in checked:
            image = Path(checked.pop("path"))
        return cls(**{**checked, **({} if image is None else {"image": image})})


def _clean(text: str) -> str:
    from store import QueryError
    from store.columns.codec import one_form

    # A shell hands over bytes that are no UTF-8 as lone surrogates, which no tokenizer takes.
    cleaned = text.encode("utf-8", "replace").decode("utf-8").strip()
    # A letter and its accent may be one sign or two; to people it is the same text.
    cleaned = one_form(cleaned)
    if not cleaned:
        raise QueryError('the query is empty; say what the photo shows, such as "a dog on a sofa"')
    return cleaned
