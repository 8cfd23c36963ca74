"""The result of a search: hits, and what they cost. Every interface shows this one form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from search.details_record import details_record
from search.explanation import Explanation, as_record
from search.printable import printable, printable_lines, valid_text
from search.understanding.chips import NOTHING_UNDERSTOOD, Understood

if TYPE_CHECKING:
    from store.types import Missing, PhotoDetails

__all__ = [
    "MAYBE",
    "STAGES",
    "UNREAD",
    "WEAK_PROBABILITY",
    "Hit",
    "HitGroup",
    "SearchResult",
    "match_percent",
    "weakness_of",
]

WEAK_PROBABILITY = 0.5
"""Below it a match is less likely than not: "nothing here matches well"."""

MAYBE = 0.15
"""Below it a hit is shown only for want of a better one: "nothing here matches"."""

UNREAD = 0.05
"""The highest probability for a query without any known word; below `MAYBE`."""


class HitGroup(StrEnum):
    """The group of a hit by its probability; the value is used in JSON."""

    good = "good"
    maybe = "maybe"
    other = "other"

    @classmethod
    def of(cls, probability: float) -> HitGroup:
        """Return the group of a probability.

        >>> [str(HitGroup.of(probability)) for probability in (0.5, 0.49, 0.15, 0.149)]
        ['good', 'maybe', 'maybe', 'other']
        """
        if probability >= WEAK_PROBABILITY:
            return cls.good
        return cls.maybe if probability >= MAYBE else cls.other

    @property
    def heading(self) -> str:
        """The heading above its hits."""
        return _HEADINGS[self][0]

    @property
    def meaning(self) -> str:
        """The range of probabilities in one line."""
        return _HEADINGS[self][1]


_HEADINGS = {
    HitGroup.good: ("good matches", f"{WEAK_PROBABILITY:.0%} and more: likelier right than wrong"),
    HitGroup.maybe: ("maybe", f"{MAYBE:.0%} to {WEAK_PROBABILITY:.0%}: worth a look"),
    HitGroup.other: ("nearest others", f"below {MAYBE:.0%}: shown for want of better ones"),
}


def match_percent(probability: float) -> str:
    """Return a probability as it is shown to people, in whole percent, rounded down.

    So a hit below 50 % is never shown as 50 %, an uncertain one never as 100 %, and a possible one
    never as 0 %.

    >>> [match_percent(share) for share in (0.883, 0.499, 0.29, 1.0, 0.002, 0.0)]
    ['88%', '49%', '29%', '100%', '<1%', '0%']
    """
    whole = int(100 * probability + 1e-6)
    return "<1%" if whole == 0 and probability > 0 else f"{whole}%"


def weakness_of(best: float) -> str | None:
    """Return a line that not even the best hit is a good match; None if it is one.

    >>> weakness_of(0.3)
    'nothing here matches well: the best probability is 30%'
    >>> weakness_of(0.08)
    'nothing here matches: the best probability is 8%'
    """
    if best >= WEAK_PROBABILITY:
        return None
    well = " well" if best >= MAYBE else ""
    return f"nothing here matches{well}: the best probability is {match_percent(best)}"


STAGES = ("understand", "encode", "filter", "first_stage", "rerank", "words", "explain", "read")
"""The stages of a search, in order; `read` is for paths, captions and categories."""


@dataclass(frozen=True)
class Hit:
    """One photo that answers a query.

    Attributes:
        rank: from 1, the nearest first; equal scores are in the order of `image_id`.
        score: higher is nearer; comparable within one query only.
        probability: 0..1, that the photo matches the query; comparable between queries.
            `search.ranking.mixing` defines it for a query of several terms.
        path: the photo's absolute path when it was indexed; for one in a tar or Parquet file as
            `indexer.sources` names it, `/photos/part-0.tar!000007.jpg`. A photo at an address has
            that as its `name`, since a path keeps only one of two slashes.
        image_id: its id in this index, never reused.
        captions: captions that came with the collection, in their order.
        categories: names of the things annotated in it, sorted.
        explanation: where the score comes from; None unless requested.
        reranked: whether it was re-ranked; those that were not come below.
        taken: when it was taken, by the camera's clock; None if unknown.
        taken_guessed: whether that comes from the file's name or modification time, not from the
            camera.
        width_px: width as shown.
        height_px: height as shown.
        size_bytes: size of its file.
        camera: make and model; None if unknown.
        duplicates: near-duplicates folded under this hit.
        details: its metadata.
    """

    rank: int
    score: float
    probability: float
    path: Path
    image_id: int
    captions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    explanation: Explanation | None = None
    reranked: bool = False
    duplicates: tuple[Hit, ...] = ()
    taken: datetime | None = None
    taken_guessed: bool = False
    width_px: int | None = None
    height_px: int | None = None
    size_bytes: int | None = None
    camera: str | None = None
    details: PhotoDetails | None = None

    @property
    def name(self) -> str:
        """The photo's name as text: its path, or its address if it is not on this machine.

        >>> Hit(1, 2.5, 0.75, Path("s3://photos/a.tar!7.jpg"), 7).name
        's3://photos/a.tar!7.jpg'
        """
        from store.photo_names import address_of  # the store imports SQLite and FAISS

        return address_of(self.path)

    @property
    def group(self) -> HitGroup:
        """The group: a good match, maybe one, or only among the nearest.

        >>> str(Hit(1, 2.5, 0.75, Path("/a.jpg"), 7).group)
        'good'
        """
        return HitGroup.of(self.probability)

    def to_dict(self) -> dict[str, Any]:
        """Return its JSON form, numbers rounded to 6 digits; `explanation` only if present.

        Bytes of a path that are not UTF-8 are shown by their numbers, as JSON cannot hold them.

        >>> Hit(1, 2.5, 0.75, Path("/a.jpg"), 7).to_dict()["path"]
        '/a.jpg'
        """
        record: dict[str, Any] = {
            "rank": self.rank,
            "score": round(self.score, 6),
            "probability": round(self.probability, 6),
            "path": valid_text(self.name),
            "image_id": self.image_id,
            "captions": [printable_lines(caption) for caption in self.captions],
            "categories": [printable_lines(name) for name in self.categories],
            "reranked": self.reranked,
            "duplicates": [duplicate.to_dict() for duplicate in self.duplicates],
            "group": str(self.group),
            "taken": None if self.taken is None else self.taken.isoformat(),
            "taken_guessed": self.taken_guessed,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "size_bytes": self.size_bytes,
            "camera": None if self.camera is None else printable(self.camera),
            **details_record(self.details),
        }
        if self.explanation is not None:
            record["explanation"] = as_record(self.explanation)
        return record


@dataclass(frozen=True, eq=False)
class SearchResult(Sequence[Hit]):
    """The hits of a query, nearest first; a sequence of them, equal to any with the same hits.

    Attributes:
        hits: at most k.
        took_ms: milliseconds by stage, those of `STAGES` and `total`; 0 for unused stages.
        notes: notes on this answer, a line each, such as that a budget was spent.
        reranked: number of candidates that the graphs scored.
        missing: which of several indexes could not be read; the answer is right for the others.
        understood: how the query's text was read: parts that name something the collection knows,
            and the rest, which is looked for in the pictures.

    >>> result = SearchResult((Hit(1, 2.5, 0.75, Path("/a.jpg"), 7),))
    >>> [hit.image_id for hit in result], len(result), result == list(result)
    ([7], 1, True)
    """

    hits: tuple[Hit, ...] = ()
    took_ms: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reranked: int = 0
    missing: tuple[Missing, ...] = ()
    understood: Understood = NOTHING_UNDERSTOOD

    @property
    def degraded(self) -> bool:
        """Whether photos may be missing, since one of several indexes could not be read."""
        return bool(self.missing)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, place: int) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> list[Hit]: ...
    def __getitem__(self, place: int | slice) -> Hit | list[Hit]:
        return list(self.hits[place]) if isinstance(place, slice) else self.hits[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (SearchResult, list, tuple)):
            return NotImplemented
        return self.hits == tuple(other)

    __hash__ = None  # type: ignore[assignment] # as a list, which it may be equal to

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the whole answer."""
        return {
            "hits": [hit.to_dict() for hit in self.hits],
            "took_ms": {stage: round(ms, 3) for stage, ms in self.took_ms.items()},
            "notes": [printable(note) for note in self.notes],
            "reranked": self.reranked,
            "understood": self.understood.to_dict(),
            "degraded": self.degraded,
            "missing": [
                {name: printable(text) for name, text in asdict(each).items()}
                for each in self.missing
            ],
        }
