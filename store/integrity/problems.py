"""What `verify` says of an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

__all__ = ["Problem", "Verification", "about"]

EXAMPLES = 3
LONGEST = 200  # letters of an example, of which SQLite may say many
ANEW = "this cannot be mended and nothing was touched: index the photos anew into another folder"


Row = str | int | tuple[int, str]
"""What is shown of something found: itself, or an image id and the reason."""


@dataclass(frozen=True)
class Problem:
    """One kind of fault.

    Attributes:
        code: what kind, stable: `no-vector`.
        count: how many rows, photos or files have it.
        what: what these are, in the plural: `photos without vector`.
        examples: up to three of them.
        mending: what `repair` does about it; empty where nothing can be done.
        image_ids: of all photos that it is about, where it is about photos.
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
    """What was looked at and found.

    Attributes:
        problems: in the order in which they were looked for; none in a sound index.
        images: how many photos there are; 0, as the next two, where the catalog cannot be read.
        captions: one per photo and text.
        quarantined: files left out.
        file: the name of the vectors' file, empty where there is none yet.
    """

    problems: tuple[Problem, ...] = ()
    images: int = 0
    captions: int = 0
    quarantined: int = 0
    file: str = ""


def about(
    code: str, what: str, mending: str, faults: Iterable[Row], *, photos: bool = False
) -> Iterator[Problem]:
    """Return a problem for what was found, none where that is nothing.

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
