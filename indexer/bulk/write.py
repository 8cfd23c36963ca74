"""The run that writes shards: what is there already is passed over."""

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
        shards: how many it wrote.
        photos: how many photos these have.
        kept: shards that were there already.
        elsewhere: shards that are another part's to write.
        unopened: shards that it could not write, since a tar or Parquet file could not be opened
            at the moment: the next run tries again.
        left_out: path and reason of files that gave no photo, by path; of this run's shards, and
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
    """What makes shards of chunks, here or in other processes."""

    def __call__(
        self, chunks: Sequence[Chunk], model: IndexingModel, folder: Path
    ) -> Iterable[WrittenEmbeddedShard]:
        """Write the shard of each chunk into the folder, and tell of each when it is there."""


def embed_here(
    chunks: Sequence[Chunk], model: IndexingModel, folder: Path
) -> Iterator[WrittenEmbeddedShard]:
    """Make shards of chunks in this process, one after the other."""
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
    """Embed the photos of sources into shards; those that are there already are left as they are.

    Any number of runs may write into one folder at once, on any number of machines that see the
    same sources under the same paths. A run that was killed is gone on with by the next; at most
    the chunks that it was at are embedded again. A photo that changed makes its chunk another one,
    whose shard tells the newer; deleted photos stay in the shards that were written with them.

    Args:
        folder: gets the shards; made if it is not there.
        sources: at least one, as `build_index` takes them: folders, tar and Parquet files.
        model: embeds them.
        embed: how; in this process unless it is said otherwise.
        part: I, N: do the I-th of N parts of the work, from 1 up.
        retry_failed: write those shards again, too, of which a file could not be read.
        progress: called with shards done, shards to do, and how many photos these have.

    Raises:
        SourceError: a source is not there, has no photos, or needs a package that is not installed;
            or the folder is no folder of shards.
        ModelMismatch: it holds shards of another model.
        ExtraMissing: what writes shards is not installed.
        OSError: a shard cannot be written; what was written stays.
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
            if not is_embedded_shard(folder, path)  # which may lie below a source
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
