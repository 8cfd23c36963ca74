"""A collection as people search it: an index of its photos alone, searched with words."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from search.engine.search_index import SearchIndex

__all__ = ["AskedIndex", "RankedPhotos", "temporary_index"]


class RankedPhotos(NamedTuple):
    """The hits of a query, nearest first."""

    rows: NDArray[np.int64]
    """(K,) the rows of the photos."""
    probabilities: NDArray[np.float64]
    """(K,) the probabilities that are shown."""


class AskedIndex:
    """An index that answers with rows of a collection in place of paths.

    Args:
        index: an open index of these photos.
        paths: (G,) the photos; a file that appears several times counts as its first row.
    """

    def __init__(self, index: SearchIndex, paths: Sequence[str]) -> None:
        self._index = index
        self._places: dict[str, int] = {}
        for row, path in enumerate(paths):
            self._places.setdefault(os.path.abspath(path), row)
        self.first_rows = np.array([self._places[os.path.abspath(path)] for path in paths])
        """(G,) int64, the first row of each photo's file."""

    def __len__(self) -> int:
        return len(self._index)

    def add_captions(self, texts: Sequence[str], photo_rows: NDArray[np.int64]) -> None:
        """Add captions (M,) of its photos to the index, by their rows (M,)."""
        from store import Index

        captions: dict[int, list[str]] = {}
        with Index.open(self._index.folder) as index:
            ids = {file.path: image_id for image_id, file in index.files().items()}
            rows = {row: ids[path] for path, row in self._places.items() if path in ids}
            for text, row in zip(texts, self.first_rows[photo_rows].tolist(), strict=True):
                if row in rows:
                    captions.setdefault(rows[row], []).append(text)
            index.put_captions(captions, origin="evaluation")
            index.finish()

    def ask(self, text: str, k: int, *, rerank: bool = True) -> RankedPhotos:
        """Search for a text as people type it; return at most k hits, none if it is not a query."""
        from store import QueryError

        try:
            hits = list(self._index.search(text, k, rerank=rerank))
        except QueryError:  # an empty caption, or one that begins like a sum
            hits = []
        return RankedPhotos(
            np.array([self._places[str(hit.path)] for hit in hits], np.int64),
            np.array([hit.probability for hit in hits], np.float64),
        )


@contextmanager
def temporary_index(
    paths: Sequence[str],
    build: Callable[[Path], object],
    open_folder: Callable[[Path], SearchIndex],
) -> Generator[AskedIndex]:
    """Index photos in a temporary folder.

    Args:
        paths: paths of the photos; one that cannot be read is left out, as in any index.
        build: indexes them in a folder.
        open_folder: opens that for searches.
    """
    with tempfile.TemporaryDirectory(prefix="crossgraph-eval-") as place:
        folder = Path(place) / "photos.index"
        build(folder)
        with open_folder(folder) as index:
            yield AskedIndex(index, paths)
