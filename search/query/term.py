"""One thing that a search wants or does not want: a text, a photo, or a photo of the index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["HEAVIEST", "LIGHTEST", "Term"]

LIGHTEST, HEAVIEST = 0.001, 1000.0
"""Range of the weights of terms, well within single precision."""


@dataclass(frozen=True)
class Term:
    """One thing that is wanted or not wanted: a text, a photo, or a photo of the index.

    Attributes:
        text: what the photo shows; cut where the text encoder stops reading.
        image: the bytes of a photo's file, or its path.
        image_id: a photo of the index that is searched.
        weight: 0.001 to 1000, how much it counts relative to the others.

    Raises:
        QueryError: not exactly one of the three is set, the text is empty, or the weight out of
            range.
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


def _clean(text: str) -> str:
    from store import QueryError
    from store.columns.codec import one_form

    # A shell passes bytes that are not UTF-8 as lone surrogates, which no tokenizer accepts.
    cleaned = text.encode("utf-8", "replace").decode("utf-8").strip()
    # A letter and its accent may be one character or two; to people it is the same text.
    cleaned = one_form(cleaned)
    if not cleaned:
        raise QueryError('the query is empty; say what the photo shows, such as "a dog on a sofa"')
    return cleaned
