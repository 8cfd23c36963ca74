"""What a run measures, on what, and how much of it."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FULL", "QUICK", "Amounts", "Setting"]


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        sizes: of the made collections, ascending.
        real: photos of the folder that are embedded, to make those of.
        queries: captions that are asked for.
        cold_runs: of each command.
        small: photos of 224 pixels that are indexed in a round.
        large: photos of 12 megapixels; some batches, or reading and encoding would not overlap.
        rounds: of both, in turns with what they are compared to.
        tiny: photos, and after how many of them growth counts, with a stand-in for the encoder.
        encoded: the same with the real encoder.
    """

    sizes: tuple[int, ...]
    real: int
    queries: int
    cold_runs: int
    small: int
    large: int
    rounds: int
    tiny: tuple[int, int]
    encoded: tuple[int, int]


FULL = Amounts(
    sizes=(10_000, 100_000, 1_000_000),
    real=2000,
    queries=200,
    cold_runs=9,
    small=512,
    large=96,
    rounds=3,
    tiny=(100_000, 5_000),
    encoded=(1_300, 300),
)
QUICK = Amounts(
    sizes=(2_000, 10_000),
    real=300,
    queries=50,
    cold_runs=5,
    small=128,
    large=64,
    rounds=2,
    tiny=(10_000, 2_000),
    encoded=(200, 64),
)


@dataclass(frozen=True)
class Setting:
    """What all groups of figures are given.

    Attributes:
        photos: a folder of photos, any depth.
        annotations: COCO captions of these photos, for queries that people wrote; None if none.
        work: gets what is made: photos, embeddings, indexes. What is there is used again.
        amounts: how much is measured.
        quiet: nothing on stderr.
    """

    photos: Path
    annotations: Path | None
    work: Path
    amounts: Amounts
    quiet: bool = False

    @property
    def base(self) -> int:
        """The size at which single queries are measured: 10,000 where that is among the sizes."""
        sizes = self.amounts.sizes
        return 10_000 if 10_000 in sizes else sizes[0]

    @property
    def largest(self) -> int:
        """The size at which growth is measured."""
        return self.amounts.sizes[-1]

    @property
    def photos_key(self) -> str:
        """Names the folder of photos in the names of what is made of it."""
        return hashlib.sha256(str(self.photos.absolute()).encode()).hexdigest()[:8]

    def say(self, text: str) -> None:
        """Tell on stderr what comes now."""
        if not self.quiet:
            sys.stderr.write(f"bench: {text}\n")
            sys.stderr.flush()
