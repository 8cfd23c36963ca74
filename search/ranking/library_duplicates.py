"""Near-duplicates among all photos of an index, by their perceptual hashes.

64-bit hashes that differ in at most 8 bits are equal in at least one of 9 parts, so only photos
that share a part are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search.ranking.near_duplicates import MOST_BITS

__all__ = ["duplicate_groups"]

MOST_OF_ONE = 20_000
"""Limit on photos sharing a part that are compared: plain pictures may share it in large
numbers."""

_BLOCK = 512


def duplicate_groups(
    hashes: NDArray[np.uint64], most_bits: int = MOST_BITS
) -> list[NDArray[np.int64]]:
    """Return groups of near-duplicates as rows of the hashes, the largest group first.

    Every photo of a group looks like its first one, so no chain of small steps leads from one photo
    to quite another; none is in two groups. Groups of equal size are in the order of their rows.

    Args:
        hashes: (N,); of two that are alike, the earlier one comes first in its group.
        most_bits: hashes that differ in at most this many bits are alike.

    >>> duplicate_groups(np.array([0, 2**60, 2**64 - 1, 1], np.uint64))
    [array([0, 1, 3])]
    """
    near: dict[int, set[int]] = {}
    for one, other in _pairs(hashes, most_bits):
        for first, second in zip(one.tolist(), other.tolist(), strict=True):
            near.setdefault(first, set()).add(second)
            near.setdefault(second, set()).add(first)
    grouped: set[int] = set()
    groups = []
    for row in sorted(near):
        if row in grouped:
            continue
        members = sorted(near[row] - grouped)
        if members:
            grouped.update((row, *members))
            groups.append(np.array([row, *members], np.int64))
    return sorted(groups, key=lambda group: (-len(group), int(group[0])))


def _pairs(
    hashes: NDArray[np.uint64], most_bits: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return pairs of rows whose hashes are alike; a pair may be repeated."""
    for first_bit, bits in _bit_ranges(most_bits + 1):
        part = (hashes >> np.uint64(first_bit)) & np.uint64(2**bits - 1)
        order = np.argsort(part, kind="stable")
        bounds = np.flatnonzero(np.r_[True, np.diff(part[order]) != 0, True])
        for start, end in pairwise(bounds):
            rows = order[start : min(end, start + MOST_OF_ONE)]
            for begin in range(0, len(rows) - 1, _BLOCK):
                some, rest = rows[begin : begin + _BLOCK], rows[begin:]
                alike = np.bitwise_count(hashes[some][:, None] ^ hashes[rest]) <= most_bits
                one, other = np.nonzero(np.triu(alike, 1))
                yield some[one], rest[other]


def _bit_ranges(count: int) -> Iterator[tuple[int, int]]:
    """Return the first bit and the number of bits of each part of 64 bits.

    >>> list(_bit_ranges(3))
    [(0, 21), (21, 21), (42, 22)]
    """
    bounds = [64 * part // count for part in range(count + 1)]
    return ((start, end - start) for start, end in pairwise(bounds))
