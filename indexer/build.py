"""The loop that brings an index up to date with its folders of photos.

Every batch is one transaction of the store, so a run that is cut off keeps what it did and the
next one goes on from there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from indexer.annotate import annotate
from indexer.batches import Batch, batches
from indexer.plan import Plan, lies_below, make_plan
from indexer.sources import CocoSource, FolderSource, FoundFile
from store import Index, QuarantinedFile

__all__ = ["BuildReport", "PhotoModel", "build_index"]


class PhotoModel(Protocol):
    """The part of a retriever that indexing uses (`fusion.retriever.Retriever` is one)."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes with weights, encoders or configuration."""

    @property
    def dim(self) -> int:
        """Width of the indexed vector."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def encoders(self) -> str:
        """The encoders' preset."""

    def embed_images(self, images: Sequence[Any]) -> Any:  # noqa: ANN401 - the retriever's own type
        """Give `.vectors` (B, D) float32 and `.nodes` (B, R, Dn) float16 of RGB images."""


@dataclass(frozen=True)
class BuildReport:
    """What a run did.

    Attributes:
        added: photos that were not in the index.
        updated: photos whose file had changed.
        moved: photos found again under another path; they keep their id and vector.
        removed: photos whose file is gone.
        unchanged: photos that are as they were.
        quarantined: path and reason of every file left out, by path, those too that were known to
            be broken and have not changed since.
        annotated: photos that the annotation files said something of.
        missing: names in the annotation files that are no photo of the index, or not just one.
        seconds: how long it took.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    quarantined: tuple[tuple[str, str], ...] = ()
    annotated: int = 0
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


def build_index(
    folder: Path | str,
    sources: Sequence[Path | str],
    retriever: PhotoModel,
    *,
    annotations: Sequence[Path | str] = (),
    batch_size: int = 16,
    progress: Callable[[int, int, str], object] | None = None,
) -> BuildReport:
    """Add folders of photos to an index, or bring it up to date; only what changed is read again.

    All sources and annotation files are checked before anything is written. A photo that is no
    longer below a source that was read is removed; photos of other folders are left alone.

    Args:
        folder: the index; made if there is none.
        sources: folders of photos, any depth.
        retriever: the model that turns photos into vectors.
        annotations: COCO captions or instances files, whose photos are looked up in the sources.
        batch_size: how many photos the model gets together, at least 1.
        progress: called with photos done, photos to do, and the name of the last one.

    Raises:
        SourceError: a folder is missing, empty or unreadable, or an annotation file is malformed.
        ModelMismatch: the index was made with another model.
        IndexDamaged: the index is there and its catalog cannot be read.
        ValueError: batch_size is below 1, or there is no source.
    """
    started = time.monotonic()
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    if not sources:
        raise ValueError("no source is given, expected at least one folder of photos")
    described = [CocoSource(path) for path in annotations]
    folders = [FolderSource(Path(source)) for source in sources]
    roots = tuple(dict.fromkeys(str(source.root) for source in folders))
    found = _found(folders)
    unreadable = [path for source in folders for path in source.unreadable]
    with Index.open_or_create(
        Path(folder),
        retriever.fingerprint,
        retriever.dim,
        model=retriever.name,
        encoders=retriever.encoders,
    ) as index:
        known = index.files()
        plan = make_plan(found, known, index.quarantined(), roots=roots, unreadable=unreadable)
        _settle(index, plan)
        known_paths = {file.path for file in known.values()}
        todo = sorted((*plan.new, *plan.changed), key=lambda file: file.path)
        done = _Done()
        for batch in batches(todo, batch_size):
            done.count(_write(index, batch, retriever), batch, known_paths)
            if progress is not None:
                progress(done.files, len(todo), os.path.basename(batch.last))
        about = annotate(index, described, roots)
        index.finish()
    unread = [(path, "cannot be read just now") for path in unreadable]
    return BuildReport(
        added=done.added,
        updated=done.updated,
        moved=len(plan.moved),
        removed=len(plan.gone),
        unchanged=plan.unchanged,
        quarantined=_left_out(plan.broken, roots, (*done.broken, *unread)),
        annotated=about.annotated,
        missing=about.missing,
        seconds=time.monotonic() - started,
    )


class _Done:
    """What the loop has done so far."""

    def __init__(self) -> None:
        self.files = self.added = self.updated = 0
        self.broken: list[tuple[str, str]] = []

    def count(self, written: int, batch: Batch, known: set[str]) -> None:
        updated = sum(photo.file.path in known for photo in batch.photos)
        self.updated += updated
        self.added += written - updated
        self.broken += [(bad.path, bad.reason) for bad in batch.broken]
        self.broken += batch.unread
        self.files += batch.size


def _found(folders: Iterable[FolderSource]) -> list[FoundFile]:
    """Give every file once, also where one source lies in another; the first that has it counts."""
    found: dict[str, FoundFile] = {}
    for source in folders:
        for file in source.files():
            found.setdefault(file.path, file)
    return list(found.values())


def _settle(index: Index, plan: Plan) -> None:
    """Do what needs no model. Moves come before removals: both free the path of what was there."""
    index.update_files({**plan.moved, **plan.touched})
    index.remove_images(plan.gone)
    index.release(plan.released)


def _write(index: Index, batch: Batch, retriever: PhotoModel) -> int:
    if batch.broken:
        index.quarantine(batch.broken)
    if not batch.photos:
        return 0
    embedded = retriever.embed_images([photo.image for photo in batch.photos])
    files = [photo.file for photo in batch.photos]
    return len(index.put_images(files, embedded.vectors, embedded.nodes))


def _left_out(
    known: Iterable[QuarantinedFile], roots: Sequence[str], now: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    before = [
        (bad.path, bad.reason) for bad in known if any(lies_below(bad.path, root) for root in roots)
    ]
    return tuple(sorted({**dict(before), **dict(now)}.items()))
