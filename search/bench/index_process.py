"""Memory while photos are indexed: `python -m search.bench.index_process PHOTOS INDEX AFTER MODEL`.

MODEL is `shipped`, or a file written by `numpy.savez` with `vectors` and `packed` of real photos,
which a stand-in for the model returns in turn: the encoder's own memory does not grow with photos,
and running it would take an hour for the 100,000 over which the rest of the pipeline is watched.
Prints one JSON object: the largest growth of memory, in bytes, since AFTER photos were done, with
and without the building of the vector file at the end.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.embeddings import EmbeddedQueries, ImageEmbeddings
from search.bench.resident import Samples
from search.bench.subject import indexing_model

__all__ = ["StandIn", "main"]


class StandIn:
    """Returns embeddings of other photos, in turn, in place of a model.

    Args:
        file: the file with the embeddings.
    """

    fingerprint, name, encoders, unit_dim = "5ta7d" * 8, "stand-in", "none", 0
    size_px, batch_size = 320, 32  # as the shipped model

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self._vectors, self._packed = arrays["vectors"], arrays["packed"]
        self.dim, self._given = self._vectors.shape[1], 0

    def embed_images(self, images: Sequence[object]) -> ImageEmbeddings:
        """Return as many embeddings as there are photos."""
        rows = (self._given + np.arange(len(images))) % len(self._vectors)
        self._given += len(images)
        return ImageEmbeddings(self._vectors[rows], self._packed[rows])

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """Never called: the photos have no captions."""
        raise NotImplementedError

    def recall_queries(self) -> NDArray[np.float32]:
        """Return some vectors in place of those of captions."""
        vectors: NDArray[np.float32] = self._vectors[:256]
        return vectors


def main() -> None:
    """Index, and sample the memory meanwhile."""
    from indexer import build_index

    photos, index, after, name = sys.argv[1:]
    model = indexing_model() if name == "shipped" else StandIn(Path(name))
    started = time.perf_counter()
    with Samples() as samples:

        def note(done: int, total: int, last: str) -> None:
            samples.done = done
            if done >= int(after):
                samples.take()

        report = build_index(Path(index), [Path(photos)], model, progress=note)
        samples.done = report.added + 1  # samples from here on belong to the end
    growth, anonymous = samples.growth(int(after))
    in_loop, _ = samples.growth(int(after), before_end=report.added)
    costs = {
        "photos": report.added,
        "growth": growth,
        "anonymous_growth": anonymous,
        "growth_before_end": in_loop,
        "peak": max(row[1] for row in samples.rows),
        "seconds": time.perf_counter() - started,
        "curve": samples.rows[:: max(1, len(samples.rows) // 200)],
    }
    sys.stdout.write(json.dumps(costs) + "\n")


if __name__ == "__main__":
    main()
