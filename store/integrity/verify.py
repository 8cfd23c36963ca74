"""Verifying and repairing an index.

The catalog is the source of truth: if only the vector file has faults, it is simply written again.
A photo whose embedding is missing or damaged is removed from the catalog, and the next indexing run
finds it as new.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from store.catalog.annotations import count_texts
from store.catalog.full_text import make_anew
from store.catalog.images import remove_images
from store.catalog.models import Model, remove_from_others
from store.columns.codec import path_to_row, row_to_path
from store.columns.paths import lies_inside
from store.errors import IndexDamaged, IndexTooNew
from store.index import Index
from store.integrity.checks import Progress, check_catalog, check_file, check_readable, orphans
from store.integrity.problems import Problem, Verification
from store.integrity.row_checks import delete_rows
from store.integrity.saved_checks import forget_unreadable
from store.sqlite.catalog_file import CatalogFile
from store.vectors.cache import VectorCache
from store.vectors.generation import Generation, remove_others

__all__ = ["repair", "verify"]


def verify(folder: Path, progress: Progress | None = None) -> Verification:
    """Check an index; only reads, and can run while another process writes.

    Args:
        folder: the index; one of an older version is upgraded first, as by any opening.
        progress: called with rows done, rows to do, and what they are.

    Raises:
        IndexNotFound: there is none.
        IndexTooNew: a newer version made it.
    """
    try:
        with Index.open(folder) as index:
            return _verified(index, progress)
    except IndexTooNew:
        raise
    except IndexDamaged as error:
        return Verification((_malformed(error),))


def repair(folder: Path, progress: Progress | None = None) -> tuple[Verification, Verification]:
    """Repair what can be repaired, as the only writer; return the findings before and after.

    Nothing is changed if there is a fault that cannot be repaired.

    Raises:
        IndexBusy: another process is writing.
        IndexNotWritable: the index cannot be written.
        IndexNotFound: there is none.
        IndexTooNew: a newer version made it.
    """
    try:
        with Index.open(folder) as index:
            index.begin_writing()
            before = _verified(index, progress)
            if not before.problems or not all(problem.mending for problem in before.problems):
                return before, before
            _mend(index, before.problems)
            return before, _verified(index, progress)
    except IndexTooNew:
        raise
    except IndexDamaged as error:
        verification = Verification((_malformed(error),))
        return verification, verification


def _verified(index: Index, progress: Progress | None) -> Verification:
    with index.reading() as catalog, catalog.lenient_text():
        unreadable = tuple(check_readable(catalog))
        if unreadable:
            return Verification(unreadable)
        problems = tuple(check_catalog(catalog, index.model, progress))
    problems += _file_problems(index)
    with index.reading() as catalog:
        captions, _ = count_texts(catalog)
        quarantined = next(catalog.rows("SELECT count(*) FROM quarantine"))[0]
        generation = index.generation()
        name = "" if generation is None else generation.name
        return Verification(problems, len(index), captions, quarantined, name)


def _file_problems(index: Index) -> tuple[Problem, ...]:
    """Check the file again if a writer replaced it meanwhile."""
    while True:
        with index.reading() as catalog:
            generation = index.generation()
            problems = tuple(check_file(catalog, index.model, index.folder))
        if not problems or index.generation() == generation:
            return problems


def _malformed(error: IndexDamaged) -> Problem:
    reason = str(error.__cause__ or error)
    return Problem("catalog-malformed", 1, "faults that keep it from being read", (reason,), "")


def _mend(index: Index, problems: tuple[Problem, ...]) -> None:
    if {problem.code for problem in problems} != {"left-over"}:
        with index.writing() as catalog, catalog.lenient_text():
            cache = VectorCache(index.folder, catalog, index.model)
            delete_rows(catalog)
            _raise_revision(catalog)
            make_anew(catalog)  # so that removed photos can be removed from it
            removed = [
                image_id
                for problem in problems
                for image_id in _MENDING.get(problem.code, _leave)(catalog, index.model, problem)
            ]
            make_anew(catalog)  # captions without a photo were deleted without updating it
            cache.mark_changed(removed)
        cache.rebuild()
    generation = index.generation()
    remove_others(index.folder, "" if generation is None else generation.name)


Mend = Callable[[CatalogFile, Model, Problem], list[int]]
"""Repairs one kind of problem in the caller's transaction; returns the ids of removed photos."""


def _leave(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    return []  # it only needs a new vector file


def _remove_photos(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    return remove_images(catalog, problem.image_ids)


def _delete_orphans(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    before = "SELECT id FROM images WHERE source_id NOT IN (SELECT id FROM sources)"
    removed = [int(row[0]) for row in catalog.rows(before)]
    for table, column, parent in orphans(catalog):
        catalog.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM {parent})")
    return removed


def _forget_quarantine_outside(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    paths = [row_to_path(row[0]) for row in catalog.rows("SELECT path FROM quarantine")]
    bad = [(path_to_row(path),) for path in paths if not lies_inside(path)]
    catalog.execute_many("DELETE FROM quarantine WHERE path = ?", bad)
    return []


def _release(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    catalog.execute(
        "DELETE FROM quarantine WHERE (source_id, path) IN (SELECT source_id, path FROM images)"
    )
    return []


def _raise_ids(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    catalog.execute("DELETE FROM sqlite_sequence WHERE name = 'images'")
    sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ('images', ?)"
    catalog.execute(sql, max(problem.image_ids))
    return []


def _drop_unfinished(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    remove_from_others(catalog, model, problem.image_ids)
    return []


def _forget_saved(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    forget_unreadable(catalog)
    return []


def _drop_recall_queries(catalog: CatalogFile, model: Model, problem: Problem) -> list[int]:
    catalog.execute("UPDATE models SET probes = NULL, probes_sum = NULL")
    return []


def _raise_revision(catalog: CatalogFile) -> None:
    """Raise the catalog's revision to the highest one that it refers to."""
    generation = Generation.from_record(catalog.meta().get("vectors"))
    spoken_of = next(catalog.rows("SELECT coalesce(max(revision), 0) FROM changes"))[0]
    recorded = 0 if generation is None else generation.revision
    catalog.set_meta(revision=max(catalog.revision(), int(spoken_of), recorded))


_MENDING: dict[str, Mend] = {
    "orphans": _delete_orphans,
    "bad-path": _remove_photos,
    "bad-photo": _remove_photos,
    "bad-quarantine-path": _forget_quarantine_outside,
    "in-quarantine-too": _release,
    "bad-id": _raise_ids,
    "no-vector": _remove_photos,
    "no-nodes": _remove_photos,
    "bad-vector": _remove_photos,
    "bad-nodes": _remove_photos,
    "bad-reembedding": _drop_unfinished,
    "bad-probes": _drop_recall_queries,
    "bad-saved": _forget_saved,
}
