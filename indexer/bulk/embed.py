"""Embeds a chunk of files into a shard, in this process or in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from indexer.batches import Batch, batches
from indexer.bulk.chunks import Chunk
from indexer.bulk.embedded_shard_file import Captions, Rows
from indexer.bulk.embedded_shard_writer import EmbeddedShardWriter, embedded_shard_writer
from indexer.bulk.embedded_shards_folder import embedded_shard_path
from indexer.indexing_model import IndexingModel
from indexer.photos.decode import READER_VERSION
from indexer.sources import FoundFile
from indexer.sources.found_file import members_of
from indexer.sources.open_shard import open_shard
from indexer.sources.shard import Shard
from store import QuarantinedFile, ReaderMissing, SourceError
from store.columns.half_precision import half_vectors
from store.photo_names import member_path

CaptionsByPath = Mapping[str, Captions]

__all__ = ["WrittenEmbeddedShard", "embed_chunk"]


@dataclass(frozen=True)
class WrittenEmbeddedShard:
    """The result of embedding a chunk.

    Attributes:
        name: name of the chunk and of its shard.
        photos: number of photos in the shard.
        left_out: path and reason of files without a photo: broken ones, which the shard records,
            and those that could not be read at the moment, which it does not.
        is_there: whether a shard was written.
    """

    name: str
    photos: int
    left_out: tuple[tuple[str, str], ...]
    is_there: bool = True


def embed_chunk(chunk: Chunk, model: IndexingModel, folder: Path) -> WrittenEmbeddedShard:
    """Read and embed the photos of a chunk as `build_index` does, and write its shard.

    A tar or Parquet file that cannot be opened at the moment gets no shard; the next run tries
    again.

    Raises:
        ReaderMissing: the package that reads the tar or Parquet file is not installed.
        OSError: the shard cannot be written.
    """
    if not chunk.is_packed:
        return _written(chunk, model, folder, lambda writer: _embed(chunk.files, model, writer, {}))
    file = chunk.files[0]
    try:
        shard = open_shard(file.path, whole=True)
    except ReaderMissing:
        raise
    except SourceError as error:
        broken = Rows.of_broken([_as_broken(file, str(error))])
        return _written(chunk, model, folder, lambda writer: writer.add(broken))
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        return WrittenEmbeddedShard(chunk.name, 0, ((file.path, reason),), is_there=False)
    with closing(shard):
        return _written(chunk, model, folder, partial(_embed_packed, file, shard, model))


def _written(
    chunk: Chunk, model: IndexingModel, folder: Path, fill: Callable[[EmbeddedShardWriter], None]
) -> WrittenEmbeddedShard:
    path = embedded_shard_path(folder, chunk.name)
    with embedded_shard_writer(path, model.fingerprint, model.dim) as writer:
        fill(writer)
    return WrittenEmbeddedShard(chunk.name, writer.photos, tuple(writer.left_out))


def _embed_packed(
    file: FoundFile, shard: Shard, model: IndexingModel, writer: EmbeddedShardWriter
) -> None:
    """Embed the photos of a tar or Parquet file."""
    # All captions are read first: nothing else may read the file while photos are being read.
    captions = {member_path(file.path, name): texts for name, texts in shard.captions() if texts}
    _embed(members_of(file, shard), model, writer, captions)
    if shard.damage:
        writer.add(Rows.of_broken([_as_broken(file, shard.damage)]))


def _as_broken(file: FoundFile, reason: str) -> QuarantinedFile:
    facts = (file.path, file.source, file.size_bytes, file.mtime_ns)
    return QuarantinedFile(*facts, reason, READER_VERSION)


def _embed(
    files: Iterable[FoundFile],
    model: IndexingModel,
    writer: EmbeddedShardWriter,
    captions: CaptionsByPath,
) -> None:
    for batch in batches(files, model.batch_size, model.size_px):
        writer.left_out += batch.unread
        if batch.photos:
            writer.add(_embedded(batch, model, captions))
        else:
            writer.add(Rows.of_broken(batch.broken))


def _embedded(batch: Batch, model: IndexingModel, captions: CaptionsByPath) -> Rows:
    embeddings = model.embed_images([photo.image for photo in batch.photos])
    files = [photo.file for photo in batch.photos]
    vectors = half_vectors(embeddings.vectors, embeddings.packed, (len(files), model.dim))
    return Rows(
        files,
        vectors,
        embeddings.packed,
        [captions.get(file.path, ()) for file in files],
        batch.broken,
    )
