"""Where a hit's score comes from, for people and programs: words, and boxes on the photo.

What each word added is exact. Where it was found is the model's own reading, whose truth
`crossgraph eval --explanations` measures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.words import STOP_WORDS

if TYPE_CHECKING:
    from fusion.runtime.photo_explanation import PhotoExplanation

__all__ = [
    "Box",
    "ExplainedWord",
    "Explanation",
    "Region",
    "as_record",
    "as_words",
    "from_model",
    "region_boxes",
]

TOP_REGIONS = 3
Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the upright photo's width and height, 0 to 1."""


@dataclass(frozen=True)
class Region:
    """A part of the photo.

    Attributes:
        box: where it is.
        weight: for a word 0..1, the share of its attention that was here; for an explanation, what
            the cross-modal graph added to the score through it.
    """

    box: Box
    weight: float


@dataclass(frozen=True)
class ExplainedWord:
    """A word of the query.

    Attributes:
        word: as the text encoder spells it, for example in lower case.
        added: what it added to the score, negative if it lowered it.
        regions: at most three, the heaviest first; equal ones row by row from the top left.
    """

    word: str
    added: float
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Explanation:
    """A hit's score taken apart: `sum(word.added for word in words) + rest`.

    Attributes:
        words: those that say what is looked for, in the query's order; all of them if none does.
        regions: at most three that the whole query read most from, the heaviest first.
        rest: what no such word added, such as the first stage's score.
        other_words: the part of the rest that words such as "a" and "on" added.
    """

    words: tuple[ExplainedWord, ...]
    regions: tuple[Region, ...]
    rest: float
    other_words: float = 0.0


def region_boxes(regions: int) -> list[Box]:
    """Return the boxes of a square grid's cells, row by row from the top left.

    Encoders squash a photo to a square, whatever its aspect ratio, so cells are shares of its
    sides.

    Raises:
        ValueError: the number of cells is not a square.

    >>> region_boxes(4)[1]
    (0.5, 0.0, 1.0, 0.5)
    """
    side = math.isqrt(regions)
    if side * side != regions:
        raise ValueError(f"expected the cells of a square grid, found {regions}")
    return [
        (column / side, row / side, (column + 1) / side, (row + 1) / side)
        for row in range(side)
        for column in range(side)
    ]


def from_model(explained: PhotoExplanation) -> Explanation:
    """Return the model's explanation of one photo, with boxes for its regions."""
    words = tuple(
        ExplainedWord(word, float(added), _heaviest(regions))
        for word, added, regions in zip(
            explained.words, explained.added, explained.regions, strict=True
        )
    )
    content = tuple(word for word in words if _says_something(word.word)) or words
    other = sum(word.added for word in words) - sum(word.added for word in content)
    rest = sum(explained.rest.values()) + other
    return Explanation(content, _heaviest(explained.read), rest, other)


def as_record(explanation: Explanation) -> dict[str, object]:
    """Return the `explanation` of a JSON line, numbers rounded to 6 digits."""
    return {
        "words": [
            {
                "word": word.word,
                "added": round(word.added, 6),
                "regions": [_region_record(region) for region in word.regions],
            }
            for word in explanation.words
        ],
        "regions": [_region_record(region) for region in explanation.regions],
        "rest": round(explanation.rest, 6),
        "other_words": round(explanation.other_words, 6),
    }


def as_words(explanation: Explanation) -> Iterator[str]:
    """Return words with what they added and their heaviest region, then the rest, as text.

    A region is given in percent of the photo's width, x, and height, y, from the top left.

    >>> dog = ExplainedWord("dog", 0.0521, (Region((0.2, 0.4, 0.4, 0.6), 0.3),))
    >>> list(as_words(Explanation((dog,), (), 0.5)))
    ['dog +0.052 (x 20-40%, y 40-60%)', 'rest +0.500']
    >>> list(as_words(Explanation((), (), 0.5, 0.02)))
    ['rest +0.500 (other words +0.020)']
    """
    for word in explanation.words:
        where = ""
        if word.regions:
            left, top, right, bottom = (round(100 * side) for side in word.regions[0].box)
            where = f" (x {left}-{right}%, y {top}-{bottom}%)"
        yield f"{word.word} {_signed(word.added)}{where}"
    other = f" (other words {_signed(explanation.other_words)})" if explanation.other_words else ""
    yield f"rest {_signed(explanation.rest)}{other}"


def _says_something(word: str) -> bool:
    """Return whether a word says what is looked for; the s of "cat's" does not."""
    return word not in STOP_WORDS and not (len(word) == 1 and word.isascii() and word.isalpha())


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # adding zero turns -0.0 into 0.0


def _heaviest(weights: NDArray[np.floating]) -> tuple[Region, ...]:
    boxes = region_boxes(len(weights))
    order = np.argsort(-weights, kind="stable")[:TOP_REGIONS]
    return tuple(Region(boxes[cell], float(weights[cell])) for cell in order.tolist())


def _region_record(region: Region) -> dict[str, object]:
    return {
        "box": [round(side, 6) for side in region.box],
        "weight": round(region.weight, 6),
    }
