"""What an index holds and its model cannot read, told as damage of the index."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager

__all__ = ["check_known", "damage_told"]


@contextmanager
def damage_told(place: str) -> Generator[None]:
    """Let a block read what is kept of photos; what none of the model's is becomes damage.

    Raises:
        IndexDamaged: the re-ranker was given what is no photo of its model.
    """
    from fusion.runtime.packing import DamagedPhotos

    try:
        yield
    except DamagedPhotos as error:
        raise _damaged(place, str(error)) from error


def check_known(image_ids: Iterable[int], known: Collection[int], place: str) -> None:
    """Raise IndexDamaged where a vector was found whose photo is not there."""
    for image_id in image_ids:
        if image_id not in known:
            raise _damaged(place, f"a vector of photo {image_id}, which is not there")


def _damaged(place: str, reason: str) -> Exception:
    from store import IndexDamaged

    return IndexDamaged(
        f"{place} is damaged: {reason}; run `crossgraph verify --repair --index {place}` and index "
        "its photos again"
    )
