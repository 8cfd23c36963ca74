"""Data of an index that its model cannot read, reported as damage of the index."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager

__all__ = ["check_known", "damage_told"]


@contextmanager
def damage_told(place: str) -> Generator[None]:
    """Turn errors of a block that reads stored nodes of photos into damage of the index.

    Raises:
        IndexDamaged: the re-ranker got data that is not a photo of its model.
    """
    from fusion.runtime.packing import DamagedPhotos

    try:
        yield
    except DamagedPhotos as error:
        raise _damaged(place, str(error)) from error


def check_known(image_ids: Iterable[int], known: Collection[int], place: str) -> None:
    """Raise IndexDamaged if a vector was found whose photo does not exist."""
    for image_id in image_ids:
        if image_id not in known:
            raise _damaged(place, f"a vector of photo {image_id}, which does not exist")


def _damaged(place: str, reason: str) -> Exception:
    from store import IndexDamaged

    return IndexDamaged(
        f"{place} is damaged: {reason}; run `crossgraph verify --repair --index {place}` and index "
        "its photos again"
    )
