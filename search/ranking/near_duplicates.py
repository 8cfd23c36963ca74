"""Hits that are nearly the same photo, folded under the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_COSINE", "MOST_BITS", "Group", "first_of_each", "fold"]

MOST_BITS = 8
"""Hashes of one photo differ in at most this many of 64 bits. This finds all copies that were
smaller, saved again, darker, without colour or cropped by 2 %, and 96 % of those cropped by 5 %,
but none of 979,300 pairs of different photos (`indexer.photos.perceptual_hash`)."""

LEAST_COSINE = 0.95
"""Vectors of one photo have at least this cosine. They find what hashes miss, and vice versa: with
the shipped model 95 % of copies cropped by 5 % and 92 % of those cropped by 10 %, of which hashes
find 95 and 42 %, but only 38 % of those of half the size. Of 499,500 pairs of the Flickr8k
development photos, some of one game or one race, none exceeds 0.93."""


@dataclass(frozen=True)
class Group:
    """A hit and those folded under it.

    Attributes:
        shown: position of the shown hit, from 0, among the given ones.
        folded: positions of those under it, ascending.
    """

    shown: int
    folded: tuple[int, ...] = ()


def fold(
    hashes: Sequence[int | None],
    vectors: NDArray[np.floating] | None = None,
    *,
    most_bits: int = MOST_BITS,
    least_cosine: float = LEAST_COSINE,
) -> list[Group]:
    """Fold every hit under the first better one that shows nearly the same photo.

    Args:
        hashes: perceptual hashes of K hits, the best hit first; None if there is none, as for
            photos last read by an earlier version.
        vectors: (K, U) their unit vectors; None to compare only hashes.
        most_bits: hashes that differ in at most this many of 64 bits are of one photo.
        least_cosine: so are vectors with this cosine or more.

    Returns:
        A group for each hit that is shown, in their order; every hit is in exactly one. A hit is
        compared with those that are shown, never with what is folded, so no chain of small steps
        leads from one photo to quite another.

    Raises:
        ValueError: there are not as many vectors as hashes.

    >>> fold([0b1111, 0, 0b1110], most_bits=2)
    [Group(shown=0, folded=(2,)), Group(shown=1, folded=())]
    """
    if vectors is not None and len(vectors) != len(hashes):
        raise ValueError(f"there are {len(vectors)} vectors and {len(hashes)} hashes")
    under: dict[int, list[int]] = {}
    for place in range(len(hashes)):
        for better in under:
            bits = _differing(hashes[better], hashes[place])
            near = vectors is not None and vectors[better] @ vectors[place] >= least_cosine
            if near or bits <= most_bits:
                under[better].append(place)
                break
        else:
            under[place] = []
    return [Group(shown, tuple(folded)) for shown, folded in under.items()]


def first_of_each(groups: Sequence[Group], names: Mapping[int, str]) -> list[Group]:
    """Leave out hits with the same photo as a better one, which is in two indexes.

    Args:
        groups: the best first.
        names: path of the photo at each position.

    >>> first_of_each([Group(0), Group(1, (2,)), Group(3)], {0: "a", 1: "b", 2: "a", 3: "b"})
    [Group(shown=0, folded=()), Group(shown=1, folded=())]
    """
    seen: set[str] = set()
    kept = []
    for group in groups:
        places = []
        for place in (group.shown, *group.folded):
            if names[place] not in seen:
                seen.add(names[place])
                places.append(place)
        if places and places[0] == group.shown:
            kept.append(Group(places[0], tuple(places[1:])))
    return kept


def _differing(one: int | None, other: int | None) -> int:
    if one is None or other is None:
        return 64
    return ((one ^ other) & (2**64 - 1)).bit_count()
