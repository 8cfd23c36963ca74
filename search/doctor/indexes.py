"""Whether an index opens, which model answers for it, and whether quick checks pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from search.doctor.finding import Finding

if TYPE_CHECKING:
    from store import Index

__all__ = ["index_findings"]


def index_findings(folder: Path) -> Iterator[Finding]:
    """Open an index and run the quick checks; `crossgraph verify` reads every row."""
    from search.status.index_status import read_status
    from store import CrossgraphError, Index

    name = f"index {folder}"
    try:
        status = read_status(folder)
        with Index.open(folder) as index:
            yield Finding(name, f"{status.counts.images} photos, {status.search}")
            yield _catalog(name, index)
            yield _file(name, index)
            yield _sources(name, index)
    except CrossgraphError as error:
        advice = "crossgraph index FOLDER makes one" if not Index.exists(folder) else ""
        yield Finding(name, str(error), "missing", advice)
        return
    yield _model(name, folder)


def _catalog(name: str, index: Index) -> Finding:
    with index.reading() as catalog:
        lines = [str(row[0]) for row in catalog.rows("PRAGMA quick_check(1)")]
    if lines != ["ok"]:
        advice = "crossgraph verify says more; a copy of the folder helps"
        return Finding(name, f"the catalog is damaged: {lines[0]}", "missing", advice)
    return Finding(name, "the catalog is sound as far as a quick look goes")


def _file(name: str, index: Index) -> Finding:
    from store.vectors.vector_file import head_sha256

    generation = index.generation()
    if generation is None:
        advice = "the next search or `crossgraph index` writes it"
        return Finding(name, "the file of vectors is not written yet", "note", advice)
    try:
        right = head_sha256(index.folder / generation.name) == generation.sha256
    except (OSError, ValueError):
        right = False
    if right:
        return Finding(name, f"{generation.name} is the one that the catalog recorded")
    advice = "crossgraph verify --repair writes it again, and so does the next search"
    return Finding(name, f"{generation.name} is missing or damaged", "note", advice)


def _sources(name: str, index: Index) -> Finding:
    away = [root for root in index.sources() if not Path(root).is_dir()]
    if away:
        text = f"not there at the moment: {', '.join(away)}"
        advice = "mount the disk, or say with `crossgraph relocate OLD NEW` where it is now"
        return Finding(name, text, "note", advice)
    return Finding(name, f"all of its {len(index.sources())} folders are there")


def _model(name: str, folder: Path) -> Finding:
    from search.models.prepared import is_prepared

    if is_prepared(folder):
        return Finding(name, "its model needs no preparation, or has it: searches start at once")
    advice = f"`crossgraph index --index {folder}` prepares its model"
    return Finding(name, "the next search starts seconds later", "note", advice)
