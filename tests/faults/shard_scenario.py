"""Tasks that write and merge shards, run in children that are killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from indexer.bulk import merge_embedded_shards, write_embedded_shards
from tests.integration.colours import ColourModel

__all__ = ["merge", "write"]


def write(tell: Callable[[Any], None], photos: str, out: str, **_: str) -> None:
    """Embed photos into shards; tell how many photos are done."""
    write_embedded_shards(
        out, [photos], ColourModel(), progress=lambda _, __, text: tell(int(text.split()[0]))
    )


def merge(tell: Callable[[Any], None], out: str, index: str, **_: str) -> None:
    """Merge shards; tell how many are done."""
    merge_embedded_shards(out, index, ColourModel(), progress=lambda done, *_: tell(done))
