"""A chunk of files to a shard, wherever that is done."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.batches import Batch, batches
from indexer.bulk.chunks import Chunk
from indexer.bulk.folder import shard_path
from indexer.bulk.shard_file import Shard, ShardFacts, write_shard
from indexer.model import PhotoModel
from store import PhotoFile, QuarantinedFile
from store.arrays import half_vectors

__all__ = ["WrittenShard", "embed_chunk"]


@dataclass(frozen=True)
class WrittenShard:
    """What became of a chunk.

    Attributes:
        name: of the chunk, and of its shard.
        photos: how many photos the shard has.
        left_out: path and reason of files that gave none: broken ones, which the shard tells of,
            and those that could not be read just now, of which nothing is written down.
    """

    name: str
    photos: int
    left_out: tuple[tuple[str, str], ...]


def embed_chunk(chunk: Chunk, model: PhotoModel, folder: Path) -> WrittenShard:
    """Read and embed the photos of a chunk as `build_index` does, and write its shard.

    Raises:
        OSError: the shard cannot be written.
    """
    rows = _Rows()
    for batch in batches(chunk.files, model.batch_size, model.size_px):
        rows.take(batch, model)
    failed = len(rows.broken) + len(rows.unread)
    vectors, nodes = rows.arrays(model.dim)
    facts = ShardFacts(model.fingerprint, model.dim, nodes.shape[1], time.time_ns(), failed)
    shard = Shard(facts, rows.files, vectors, nodes, rows.broken)
    write_shard(shard_path(folder, chunk.name), shard)
    broken = [(file.path, file.reason) for file in rows.broken]
    return WrittenShard(chunk.name, len(rows.files), (*broken, *rows.unread))


@dataclass
class _Rows:
    """What came of the files of a chunk, in memory: some kilobytes a photo."""

    files: list[PhotoFile] = field(default_factory=list)
    broken: list[QuarantinedFile] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    _vectors: list[NDArray[np.float16]] = field(default_factory=list)
    _nodes: list[NDArray[np.uint8]] = field(default_factory=list)

    def take(self, batch: Batch, model: PhotoModel) -> None:
        self.broken += batch.broken
        self.unread += batch.unread
        if not batch.photos:
            return
        embedded = model.embed_images([photo.image for photo in batch.photos])
        wanted = (len(batch.photos), model.dim)
        self._vectors.append(half_vectors(embedded.vectors, embedded.packed, wanted))
        self._nodes.append(embedded.packed)
        self.files += [photo.file for photo in batch.photos]

    def arrays(self, dim: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        if not self.files:
            return np.zeros((0, dim), np.float16), np.zeros((0, 1), np.uint8)
        return np.concatenate(self._vectors), np.concatenate(self._nodes)
