"""What an index holds, and its state, for people and programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store import Counts
    from store.searched_index import ServedIndex
    from store.vectors.choose import Measured

__all__ = ["Status", "is_there", "passed_over_line", "read_status", "status_of"]


@dataclass(frozen=True)
class Status:
    """The state of an index.

    Attributes:
        place: its folder or address.
        counts: how much it holds.
        sources: folder to its number of photos, sorted.
        left_out: path and reason of every file that could not be read, by path.
        damaged: path and damage of every photo that is only partly readable, by path.
        model: name of the model whose embeddings answer.
        fingerprint: that model's, hex.
        encoders: the preset of its encoders.
        reembedding: name and fingerprint of a model that photos are being embedded with; empty if
            none.
        search: how it is searched, in words, with the recall if measured.
        recall_at_100: 1.0 for an exact search; None if not measured.
        bytes: size of the folder, or of its tables in a database.
        passed_over: suffixes of files in the folders that are not read, such as `.cr3`, to their
            number.
        metadata: kinds of metadata, such as `gps`, to how many photos have it; empty if not
            counted.
    """

    place: str
    counts: Counts
    sources: Mapping[str, int]
    left_out: tuple[tuple[str, str], ...]
    damaged: tuple[tuple[str, str], ...]
    model: str
    fingerprint: str
    encoders: str
    reembedding: str
    search: str
    recall_at_100: float | None
    bytes: int
    passed_over: Mapping[str, int]
    metadata: Mapping[str, int]


METADATA = ("taken", "gps", "place", "camera", "person", "tag", "rating")
"""The counted fields, as filters name them."""


def is_there(source: str) -> bool:
    """Return whether a source is there; addresses are not checked."""
    from store.photo_names import is_address

    return is_address(source) or os.path.exists(source)


def read_status(folder: Path, vectors: str | None = None) -> Status:
    """Read the state of an index; arguments and errors are those of `store.opening.open_reader`."""
    from store.opening import open_reader

    with closing(open_reader(folder, vectors)) as index:
        return status_of(index)


def status_of(index: ServedIndex, *, metadata: bool = True) -> Status:
    """Read the state of an open index.

    Args:
        index: an open index.
        metadata: whether photos with metadata are counted, which reads all rows.
    """
    return index.answer_of_one_state(
        lambda: Status(
            place=index.place,
            counts=index.counts(),
            sources=index.sources(),
            left_out=tuple((file.path, file.reason) for file in index.quarantined()),
            damaged=tuple((file.path, file.damage) for file in index.damaged()),
            model=index.model.name,
            fingerprint=index.model.fingerprint,
            encoders=index.model.encoders,
            reembedding=_coming(index),
            search=_search(index.measured(), len(index)),
            recall_at_100=_recall(index.measured()),
            bytes=index.size_bytes(),
            passed_over=index.passed_over(),
            metadata=_metadata(index) if metadata else {},
        )
    )


def _metadata(index: ServedIndex) -> dict[str, int]:
    from search.query.filters import parse_filter

    return {name: len(index.matching(parse_filter(f"has {name}"))) for name in METADATA}


def _coming(index: ServedIndex) -> str:
    return ", ".join(f"{model.name} {model.fingerprint[:12]}" for model in index.coming_models())


def _search(measured: Measured | None, photos: int) -> str:
    if measured is None:
        return "exact; the file of vectors is not written yet" if photos else "nothing to search"
    recall = measured.recall_at_100
    measurement = (
        "recall@100 not measured" if recall is None else f"recall@100 {100 * recall:.1f} %"
    )
    # An exact search needs no measurement: saying that there is none would only raise doubts.
    known = "" if measured.kind.startswith("exact") else f", {measurement} on real captions"
    return f"{measured.kind}{known}, {measured.query_ms:.1f} ms a query when it was built"


def _recall(measured: Measured | None) -> float | None:
    return None if measured is None else measured.recall_at_100


def passed_over_line(kinds: Mapping[str, int]) -> str:
    """Return a line on files that this program does not read though they may be photos.

    >>> passed_over_line({".dng": 1, ".cr3": 2})
    'skipped, since these formats are not read: 2 .cr3, 1 .dng'
    """
    from indexer.sources.folder import told_kinds

    return told_kinds(kinds, "skipped, since these formats are not read: ")
