"""Merges shards into an index, one after the other, each only once."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.annotations.recall_queries import put_recall_queries
from indexer.bulk.embedded_shard_file import (
    DamagedEmbeddedShard,
    EmbeddedShardFacts,
    Rows,
    check_pyarrow,
    read_facts,
    read_rows,
)
from indexer.bulk.embedded_shards_folder import embedded_shard_paths
from indexer.bulk.manifest import Manifest, check_model, read_manifest
from indexer.indexing_model import IndexingModel
from indexer.shard_loop import CAPTIONS_ORIGIN
from store import FinishedShard, Index
from store.types import Progress

__all__ = ["EmbeddedShardsMerged", "merge_embedded_shards"]


@dataclass(frozen=True)
class EmbeddedShardsMerged:
    """What a merge did.

    Attributes:
        shards: number of shards that were merged.
        photos: number of photos written from shards.
        kept: number of shards that the index had already.
        quarantined: path and reason of files that are not readable photos, by path.
        refused: what is wrong with shards that were not merged, a line each.
        vectors_note: why the file of vectors could not be written; empty when it was.
        seconds: how long it took.
    """

    shards: int = 0
    photos: int = 0
    kept: int = 0
    quarantined: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()
    vectors_note: str = ""
    seconds: float = 0.0


def merge_embedded_shards(
    shards: Path | str,
    folder: Path | str,
    model: IndexingModel,
    *,
    progress: Progress | None = None,
) -> EmbeddedShardsMerged:
    """Write shards into an index, which is created if there is none; no photo is read.

    Memory holds one group of rows at a time. The index records which shards it has merged, so that
    the next merge continues one that was killed, and a merge after more shards were written reads
    only those. Shards are merged in the order in which they were written: for a path that is in
    several of them, the last one counts, but every shard of this merge overrides those of earlier
    merges. A path that the index knows keeps its id, captions and categories. Photos that are in no
    shard stay.

    Args:
        shards: the folder that `write_embedded_shards` wrote.
        folder: the index.
        model: the model that embedded the photos; used to check this, and for recall queries.
        progress: called with shards done, shards to do, and the last one's name.

    Raises:
        SourceError: the folder has no manifest of shards.
        ModelMismatch: the shards, or the index, were made with another model.
        ExtraMissing: the package that reads shards is not installed.
        IndexBusy, IndexNotWritable, IndexDamaged: as for `build_index`.
    """
    started = time.monotonic()
    check_pyarrow()
    manifest = read_manifest(Path(shards))
    check_model(Path(shards), manifest, model)
    with Index.open_or_create(Path(folder), manifest.info) as index:
        index.begin_writing()
        merging = _Merging(index, manifest)
        todo = merging.todo(Path(shards))
        for done, path in enumerate(todo, 1):
            merging.take(path)
            if progress is not None:
                progress(done, len(todo), path.stem)
        put_recall_queries(index, model)
        note = index.finish()
    return EmbeddedShardsMerged(
        merging.shards,
        merging.photos,
        merging.kept,
        tuple(sorted(merging.quarantined)),
        tuple(merging.refused),
        note,
        time.monotonic() - started,
    )


class _Merging:
    """What a merge has done so far."""

    def __init__(self, index: Index, manifest: Manifest) -> None:
        self._index, self._manifest = index, manifest
        self.shards = self.photos = self.kept = 0
        self.quarantined: list[tuple[str, str]] = []
        self.refused: list[str] = []

    def todo(self, folder: Path) -> list[Path]:
        """Return the shards that were not merged in their present state, the oldest first."""
        finished = self._index.finished_shards("embedded")
        written: list[tuple[int, Path]] = []
        for path in embedded_shard_paths(folder):
            before = finished.get(os.path.abspath(path))
            if before is not None and replace(before, photos=0) == _finished(path):
                self.kept += 1
                continue
            try:
                written.append((self._checked(path, read_facts(path)).written_ns, path))
            except (DamagedEmbeddedShard, OSError) as error:
                self.refused.append(_line(path, error))
        return [path for _, path in sorted(written)]

    def take(self, path: Path) -> None:
        """Merge one shard; if this is killed at any point, the next merge repeats it."""
        count = 0
        try:
            known_as = _finished(path)  # before reading: a file that replaces it is another shard
            for rows in read_rows(path):
                self._write(path, rows)
                count += len(rows.files) + len(rows.broken)
        except (DamagedEmbeddedShard, OSError) as error:
            self.refused.append(_line(path, error))
            return
        self._index.finish_shard("embedded", replace(known_as, photos=count))
        self.shards += 1

    def _write(self, path: Path, rows: Rows) -> None:
        try:
            if rows.broken:
                self._index.quarantine(rows.broken)
            if rows.files:
                ids = self._index.put_images(rows.files, rows.vectors, rows.nodes)
                captions = {i: texts for i, texts in zip(ids, rows.captions, strict=True) if texts}
                if captions:
                    self._index.put_captions(captions, origin=CAPTIONS_ORIGIN)
        except ValueError as error:  # values that are not finite, or a path outside its source
            raise DamagedEmbeddedShard(f"{path} is no shard of this program: {error}") from error
        self.photos += len(rows.files)
        self.quarantined += [(file.path, file.reason) for file in rows.broken]

    def _checked(self, path: Path, facts: EmbeddedShardFacts) -> EmbeddedShardFacts:
        wanted = self._manifest
        if (facts.fingerprint, facts.dim) != (wanted.fingerprint, wanted.dim):
            raise DamagedEmbeddedShard(
                f"{path} was made with model {facts.fingerprint[:12]}, the others in its folder "
                f"with {wanted.fingerprint[:12]}"
            )
        return facts


def _finished(path: Path) -> FinishedShard:
    facts = path.stat()
    return FinishedShard(os.path.abspath(path), facts.st_size, facts.st_mtime_ns, 0)


def _line(path: Path, error: Exception) -> str:
    return f"{path}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
