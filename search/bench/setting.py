"""What a run measures, and on how much."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FULL", "QUICK", "Amounts", "Setting"]


@dataclass(frozen=True)
class Amounts:
    """The amounts that a run measures.

    Attributes:
        sizes: photos in each synthetic collection, ascending.
        real: photos of the folder that are embedded, from which those are made.
        queries: captions that are searched for.
        cold_runs: runs of each command.
        small: photos of 224 pixels that are indexed in a round.
        large: photos of 12 megapixels; several batches, so that reading and encoding overlap.
        rounds: repetitions of both, alternating with what they are compared with.
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
    """The settings that all groups of figures share.

    Attributes:
        photos: a folder of photos, any depth.
        annotations: COCO captions of these photos, for queries written by people; None if none.
        work: the folder for what is made: photos, embeddings, indexes. What exists is reused.
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
        """The size at which single queries are measured: 10,000 if that is one of the sizes."""
        sizes = self.amounts.sizes
        return 10_000 if 10_000 in sizes else sizes[0]

    @property
    def largest(self) -> int:
        """The size at which growth is measured."""
        return self.amounts.sizes[-1]

    @property
    def photos_key(self) -> str:
        """The key of the folder of photos in the names of files made from it."""
        return hashlib.sha256(str(self.photos.absolute()).encode()).hexdigest()[:8]

    def say(self, text: str) -> None:
        """Print on stderr what is measured next."""
        if not self.quiet:
            sys.stderr.write(f"bench: {text}\n")
            sys.stderr.flush()
