"""What `verify` reports about an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

__all__ = ["Problem", "Verification", "about"]

EXAMPLES = 3
LONGEST = 200  # characters of an example, which may be long if from SQLite
ANEW = "this cannot be repaired and nothing was changed: index the photos again into another folder"


Row = str | int | tuple[int, str]
"""A fault: the row, file or image id that has it, or an image id and the reason."""


@dataclass(frozen=True)
class Problem:
    """One kind of fault.

    Attributes:
        code: a stable name of the kind, such as `no-vector`.
        count: number of rows, photos or files that have it.
        what: what these are, in the plural, such as `photos without vector`.
        examples: up to three of them.
        mending: what `repair` does about it; empty if nothing can be done.
        image_ids: ids of all photos concerned, if it is about photos.
    """

    code: str
    count: int
    what: str
    examples: tuple[str, ...]
    mending: str
    image_ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(self.examples) + (", ..." if self.count > len(self.examples) else "")
        helps = f"--repair {self.mending}" if self.mending else ANEW
        return f"{self.code}: {self.what}: {self.count} ({' '.join(shown.split())}); {helps}"


@dataclass(frozen=True)
class Verification:
    """The result of a verification.

    Attributes:
        problems: in the order of the checks; none in an intact index.
        images: number of photos; 0, like the next two, if the catalog cannot be read.
        captions: number of captions, one per photo and text.
        quarantined: number of files in quarantine.
        file: the name of the vector file; empty if there is none yet.
    """

    problems: tuple[Problem, ...] = ()
    images: int = 0
    captions: int = 0
    quarantined: int = 0
    file: str = ""


def about(
    code: str, what: str, mending: str, faults: Iterable[Row], *, photos: bool = False
) -> Iterator[Problem]:
    """Yield the problem with these faults; nothing if there are none.

    Args:
        code: see `Problem`, as the next two.
        what: see there.
        mending: see there.
        faults: the rows or files; image ids, or pairs of one and a reason, where `photos` is set.
        photos: whether it is about photos.
    """
    rows = iter(faults)
    first = list(islice(rows, EXAMPLES))
    if not first:
        return
    if not photos:
        yield Problem(code, len(first) + sum(1 for _ in rows), what, _lines(first), mending)
        return
    ids = [_image_id(row) for row in (*first, *rows)]
    yield Problem(code, len(ids), what, _lines(first), mending, tuple(ids))


def _lines(rows: Iterable[Row]) -> tuple[str, ...]:
    lines = (f"photo {row[0]}: {row[1]}" if isinstance(row, tuple) else str(row) for row in rows)
    return tuple(text[:LONGEST] for text in lines)


def _image_id(row: Row) -> int:
    return int(row[0] if isinstance(row, tuple) else row)
