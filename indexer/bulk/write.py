"""The run that writes shards; those that exist already are skipped."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.bulk.chunks import Chunk, chunk_size, chunks_of, packed_chunk
from indexer.bulk.embed import WrittenEmbeddedShard, embed_chunk
from indexer.bulk.embedded_shard_file import DamagedEmbeddedShard, check_pyarrow, read_facts
from indexer.bulk.embedded_shard_temporaries import remove_abandoned
from indexer.bulk.embedded_shards_folder import SHARDS, embedded_shard_path, is_embedded_shard
from indexer.bulk.manifest import open_manifest
from indexer.changes.survey import survey
from indexer.indexing_model import IndexingModel
from store.types import Progress

__all__ = ["Embed", "EmbeddedShardsWritten", "embed_here", "write_embedded_shards"]


@dataclass(frozen=True)
class EmbeddedShardsWritten:
    """What a run did.

    Attributes:
        shards: number of shards that it wrote.
        photos: number of photos in these.
        kept: number of shards that existed already.
        elsewhere: number of shards that belong to other parts.
        unopened: number of shards that it could not write, because a tar or Parquet file could not
            be opened at the moment; the next run tries again.
        left_out: path and reason, by path, of files without a photo in this run's shards, and of
            what could not be listed.
        seconds: how long it took.
    """

    shards: int = 0
    photos: int = 0
    kept: int = 0
    elsewhere: int = 0
    unopened: int = 0
    left_out: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0


class Embed(Protocol):
    """Writes the shards of chunks, in this process or in others."""

    def __call__(
        self, chunks: Sequence[Chunk], model: IndexingModel, folder: Path
    ) -> Iterable[WrittenEmbeddedShard]:
        """Write the shard of each chunk into the folder; yield the result of each when done."""


def embed_here(
    chunks: Sequence[Chunk], model: IndexingModel, folder: Path
) -> Iterator[WrittenEmbeddedShard]:
    """Write the shards of chunks in this process, one after the other."""
    return (embed_chunk(chunk, model, folder) for chunk in chunks)


def write_embedded_shards(
    folder: Path | str,
    sources: Sequence[Path | str],
    model: IndexingModel,
    *,
    embed: Embed = embed_here,
    part: tuple[int, int] = (1, 1),
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> EmbeddedShardsWritten:
    """Embed the photos of sources into shards; shards that exist already are left as they are.

    Any number of runs may write into one folder at once, on any number of machines that see the
    same sources under the same paths. The next run continues one that was killed; at most the
    chunks that were in progress are embedded again. If a photo changes, its chunk gets a new name
    and a new shard with the newer photo; deleted photos stay in the shards that have them.

    Args:
        folder: the folder for the shards; created if there is none.
        sources: at least one, as for `build_index`: folders, tar and Parquet files.
        model: embeds the photos.
        embed: writes the shards; by default in this process.
        part: I, N: do the I-th of N parts of the work, counted from 1.
        retry_failed: also write shards again in which a file could not be read.
        progress: called with shards done, shards to do, and the number of photos so far.

    Raises:
        SourceError: a source is not there, has no photos, or needs a package that is not installed;
            or the folder's manifest cannot be read.
        ModelMismatch: the folder has shards of another model.
        ExtraMissing: the package that writes shards is not installed.
        OSError: a shard cannot be written; those written before stay.
    """
    started = time.monotonic()
    check_pyarrow()
    folder = Path(folder)
    seen = survey(sources, {})
    manifest = open_manifest(folder, model, chunk_size(len(seen.files)))
    remove_abandoned(folder, SHARDS)
    chunks = [
        *chunks_of(seen.files, manifest.chunk_photos),
        *(
            packed_chunk(file)
            for path, file in sorted(seen.shards.items())
            if not is_embedded_shard(folder, path)  # the folder may be below a source
        ),
    ]
    mine = [chunk for chunk in chunks if chunk.is_of(*part)]
    todo = [chunk for chunk in mine if not _is_done(folder, chunk, retry_failed)]
    photos = unopened = 0
    left_out = [(path, "cannot be read at the moment") for path in seen.unreadable]
    for done, written in enumerate(embed(todo, model, folder), 1):
        photos += written.photos
        unopened += not written.is_there
        left_out += written.left_out
        if progress is not None:
            progress(done, len(todo), f"{photos} photos")
    return EmbeddedShardsWritten(
        shards=len(todo) - unopened,
        photos=photos,
        kept=len(mine) - len(todo),
        elsewhere=len(chunks) - len(mine),
        unopened=unopened,
        left_out=tuple(sorted(left_out)),
        seconds=time.monotonic() - started,
    )


def _is_done(folder: Path, chunk: Chunk, retry_failed: bool) -> bool:
    path = embedded_shard_path(folder, chunk.name)
    if not retry_failed:
        return path.exists()
    try:
        return read_facts(path).failed == 0
    except (DamagedEmbeddedShard, FileNotFoundError):
        return False
