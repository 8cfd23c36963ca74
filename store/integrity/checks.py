"""The invariants of a catalog and of its vector file, checked one by one.

Everything is read row by row within the caller's snapshot, and nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from store.catalog.models import Model, other_models
from store.columns.codec import blob_to_array, row_to_path
from store.columns.paths import lies_inside
from store.columns.tables import columns_of, row_sum
from store.integrity.blob_checks import damaged_nodes, damaged_vectors
from store.integrity.problems import Problem, about
from store.integrity.row_checks import METADATA, READ_TEXT, SMALL, TEXTS, faulty_rows, faulty_texts
from store.integrity.saved_checks import saved_faults
from store.integrity.schema_checks import schema_faults
from store.integrity.word_checks import word_faults
from store.sqlite.catalog_file import CatalogFile
from store.types import Progress
from store.vectors.generation import Generation, other_files
from store.vectors.vector_file import check_sums, head_sha256, read_ids

__all__ = ["Progress", "check_catalog", "check_file", "check_readable", "orphans"]

T = TypeVar("T")

ROWS_BETWEEN = 1000

EMBED_AGAIN = (
    "removes the photos with their captions; the next `crossgraph index`, with the same "
    "--annotations, embeds them again"
)
READ_AGAIN = (
    "removes them; the next `crossgraph index`, with the same --annotations, reads them again"
)
REBUILD = "writes the file anew from the catalog"

REWRITTEN = {"revision", "vectors"}
"""Facts that every new vector file rewrites."""
NO_NULL = "instr(CAST(path AS BLOB), x'00') = 0"


def check_readable(catalog: CatalogFile) -> Iterator[Problem]:
    """Check for faults that make everything else doubtful; they cannot be repaired."""
    lines = (str(row[0]) for row in catalog.rows("PRAGMA integrity_check"))
    # The table of words is checked separately, including whether its words are right. Newer
    # versions of SQLite report it here too if it is malformed.
    faults = (line for line in lines if line != "ok" and "FTS5 table" not in line)
    yield from about("catalog-malformed", "faults that SQLite finds", "", faults)
    what = "tables that do not belong to this program"
    yield from about("catalog-malformed", what, "", schema_faults(catalog))
    what = "facts about the index with wrong checksums"
    yield from about("bad-facts", what, "", _bad_facts(catalog))


def _bad_facts(catalog: CatalogFile) -> Iterator[str]:
    for key, value in catalog.rows("SELECT key, value FROM meta"):
        try:
            json.loads(value)
        except (TypeError, ValueError, RecursionError):
            yield f"{key} is not JSON"
    for values, reason in faulty_rows(catalog, "meta"):
        if values[0] not in REWRITTEN:
            yield f"{values[0]}: {reason}"
    for table in ("models", "sources"):
        yield from faulty_texts(catalog, table)


def check_catalog(
    catalog: CatalogFile, model: Model, progress: Progress | None = None
) -> Iterator[Problem]:
    """Check all rows; progress is reported for the embeddings, which take the longest."""
    for table, column, parent in orphans(catalog):
        sql = f"SELECT {column} FROM {table} WHERE {column} NOT IN (SELECT id FROM {parent})"
        rows = (row[0] for row in catalog.rows(sql))
        what = f"rows of {table} that belong to no row of {parent}"
        yield from about("orphans", what, "deletes them", rows)
    yield from _check_rows(catalog)
    yield from _check_paths(catalog)
    yield from _check_ids(catalog)
    yield from _check_embeddings(catalog, model, progress)
    yield from _check_unfinished(catalog, model)
    yield from _check_recall_queries(catalog, model)
    yield from _check_changes(catalog)
    what = "faults of the table by which words are found"
    yield from about("bad-words", what, "makes the table anew", word_faults(catalog))


def _check_rows(catalog: CatalogFile) -> Iterator[Problem]:
    bad = ((int(values[0]), reason) for values, reason in faulty_rows(catalog, "images"))
    what = "photos with facts that have wrong checksums"
    yield from about("bad-photo", what, EMBED_AGAIN, bad, photos=True)
    for code, tables, mending in (
        ("bad-text", TEXTS, READ_AGAIN),
        ("bad-metadata", METADATA, "empties them; the next `crossgraph index` reads them again"),
        ("bad-lines", READ_TEXT, "forgets these photos' text; `index --text` reads it again"),
        ("bad-record", SMALL, "forgets them; they are made again"),
    ):
        rows = (row for table in tables for row in faulty_texts(catalog, table))
        what = f"rows of {', '.join(tables)} with wrong checksums"
        yield from about(code, what, mending, rows)
    what = "albums and saved searches that are damaged"
    yield from about("bad-saved", what, "keeps those that can be read", saved_faults(catalog))
    facts = (
        f"{values[0]}: {reason}"
        for values, reason in faulty_rows(catalog, "meta")
        if values[0] in REWRITTEN
    )
    what = "facts about the state of the index with wrong checksums"
    yield from about("bad-state", what, "writes them anew", facts)


def check_file(catalog: CatalogFile, model: Model, folder: Path) -> Iterator[Problem]:
    """Compare the vector file with the catalog.

    An outdated file, or one that was never written, is no fault: readers add what it lacks.
    """
    record = catalog.meta().get("vectors")
    generation = Generation.from_record(record)
    if record is not None:
        faults = _file_faults(catalog, model, folder, generation)
        what = f"faults of {'the file' if generation is None else generation.name}"
        yield from about("vectors-file", what, REBUILD, faults)
    others = other_files(folder, "" if generation is None else generation.name)
    what = "vector files left by an interrupted run, or in use by a running one"
    yield from about("left-over", what, "removes them", [file.name for file in others])


def orphans(catalog: CatalogFile) -> list[tuple[str, str, str]]:
    """Return table, column and parent table of every foreign key that rows violate."""
    broken = {(row[0], row[3]) for row in catalog.rows("PRAGMA foreign_key_check")}
    objects = []
    for table, number in sorted(row for row in broken if columns_of(str(row[0]))):
        for key in catalog.rows(f"PRAGMA foreign_key_list({table})"):
            if key[0] == number:
                objects.append((str(table), str(key[3]), str(key[2])))
    return objects


def _check_paths(catalog: CatalogFile) -> Iterator[Problem]:
    known = "typeof(path) IN ('text', 'blob')"  # others are reported with their rows
    sql = f"SELECT id, path FROM images WHERE {known} AND {NO_NULL} ORDER BY id"
    bad = (
        (image_id, repr(row_to_path(path)))
        for image_id, path in catalog.rows(sql)
        if not lies_inside(row_to_path(path))
    )
    what = "photos whose path leads out of their folder"
    yield from about("bad-path", what, "removes the photos", bad, photos=True)
    sql = f"SELECT path FROM quarantine WHERE {known} AND {NO_NULL}"
    paths = (row_to_path(row[0]) for row in catalog.rows(sql))
    outside = (path for path in paths if not lies_inside(path))
    what = "files in quarantine whose path leads out of their folder"
    yield from about("bad-quarantine-path", what, "forgets them", outside)
    both = catalog.rows(
        f"""SELECT path FROM quarantine JOIN images USING (source_id, path)
        WHERE {known} AND {NO_NULL} ORDER BY path"""
    )
    what = "paths that are both a photo and in quarantine"
    mending = "takes them out of quarantine"
    yield from about("in-quarantine-too", what, mending, (row_to_path(row[0]) for row in both))


def _check_ids(catalog: CatalogFile) -> Iterator[Problem]:
    sql = "SELECT coalesce(max(CAST(seq AS INTEGER)), 0) FROM sqlite_sequence WHERE name = 'images'"
    given, highest = int(next(catalog.rows(sql))[0]), _highest_id(catalog)
    rows = [(highest, f"{given} was the last assigned id")] if highest > given else []
    what = "ids above the assigned ones, which could be assigned again"
    yield from about("bad-id", what, "assigns higher ids from now on", rows, photos=True)


def _highest_id(catalog: CatalogFile) -> int:
    """Return the highest image id that anything refers to."""
    sql = """SELECT max(coalesce((SELECT max(id) FROM images), 0),
        coalesce((SELECT max(CAST(image_id AS INTEGER)) FROM changes), 0))"""
    generation = Generation.from_record(catalog.meta().get("vectors"))
    return max(int(next(catalog.rows(sql))[0]), 0 if generation is None else generation.last_id)


def _check_embeddings(
    catalog: CatalogFile, model: Model, progress: Progress | None
) -> Iterator[Problem]:
    for table, thing in ((model.vectors, "vector"), (model.nodes, "nodes")):
        sql = f"SELECT id FROM images WHERE id NOT IN (SELECT image_id FROM {table}) ORDER BY id"
        rows = (row[0] for row in catalog.rows(sql))
        yield from about(f"no-{thing}", f"photos without {thing}", EMBED_AGAIN, rows, photos=True)
    for thing, damaged_rows in _damaged(catalog, model, progress).items():
        what = f"photos with damaged {thing}"
        yield from about(f"bad-{thing}", what, EMBED_AGAIN, damaged_rows, photos=True)


def _check_unfinished(catalog: CatalogFile, model: Model) -> Iterator[Problem]:
    """Check models in progress: they may lack photos, but must not have half of one."""
    for other in other_models(catalog, model):
        one, two = (f"SELECT image_id FROM {table}" for table in (other.vectors, other.nodes))
        sql = f"SELECT * FROM ({one} EXCEPT {two}) UNION SELECT * FROM ({two} EXCEPT {one})"
        rows = {row[0]: "half of it is missing" for row in catalog.rows(sql)}
        for bad in _damaged(catalog, other).values():
            rows.update(bad)
        what = f"photos whose embedding of the model {other.name}, which is under way, is damaged"
        mending = "drops it, and the next `crossgraph reembed` makes it again"
        yield from about("bad-reembedding", what, mending, rows.items(), photos=True)


def _damaged(
    catalog: CatalogFile, model: Model, progress: Progress | None = None
) -> dict[str, Iterator[tuple[int, str]]]:
    vectors = catalog.rows(f"SELECT image_id, vector, sum FROM {model.vectors} ORDER BY image_id")
    nodes = catalog.rows(f"SELECT image_id, nodes, sum FROM {model.nodes} ORDER BY image_id")
    if progress is not None:
        total = int(next(catalog.rows("SELECT count(*) FROM images"))[0])
        vectors = _with_progress(vectors, total, "vectors", progress)
        nodes = _with_progress(nodes, total, "nodes", progress)
    return {
        "vector": damaged_vectors(vectors, model.dim, model.unit_dim),
        "nodes": damaged_nodes(nodes),
    }


def _with_progress(rows: Iterable[T], total: int, what: str, progress: Progress) -> Iterator[T]:
    for done, row in enumerate(rows, start=1):
        yield row
        if done % ROWS_BETWEEN == 0 or done == total:
            progress(done, total, what)


def _check_recall_queries(catalog: CatalogFile, model: Model) -> Iterator[Problem]:
    rows = []
    sql = "SELECT id, name, dim, probes, probes_sum FROM models WHERE probes NOT NULL"
    for number, name, dim, blob, stored_sum in catalog.rows(sql):
        try:
            shape = blob_to_array(blob).shape
        except (TypeError, ValueError) as error:
            rows.append(f"{name}: {error}")
            continue
        if row_sum(number, blob) != stored_sum:
            rows.append(f"{name}: their checksum is another")
        if len(shape) != 2 or shape[1] != dim:
            rows.append(f"{name}: the shape {shape}, expected (Q, {dim})")
    what = "models with damaged vectors of captions"
    yield from about("bad-probes", what, "drops these; indexing makes them again", rows)


def _check_changes(catalog: CatalogFile) -> Iterator[Problem]:
    now = catalog.revision()
    generation = Generation.from_record(catalog.meta().get("vectors"))
    least = 0 if generation is None else generation.revision
    sql = "SELECT revision, image_id FROM changes WHERE revision <= ? OR revision > ?"
    rows = [f"photo {row[1]} at state {row[0]}" for row in catalog.rows(sql, least, now)]
    if least > now:
        rows.append(f"the file of vectors at state {least}")
    what = f"changes that the catalog, at state {now}, cannot have seen"
    yield from about("bad-changes", what, "forgets them and writes the vectors' file anew", rows)


def _file_faults(
    catalog: CatalogFile, model: Model, folder: Path, generation: Generation | None
) -> Iterator[str]:
    if generation is None or generation.model_id != model.id:
        yield "what the catalog records about it makes no sense"
        return
    file = folder / generation.name
    try:
        if file.parent != folder or head_sha256(file) != generation.sha256:
            yield "its checksum is not the recorded one"
            return
        check_sums(file)
        head, ids = read_ids(file)
    except (OSError, ValueError) as error:
        yield str(error)
        return
    wanted = (model.dim, generation.count, generation.last_id)
    actual = (head.header.dim, len(ids), int(ids.max(initial=0)))
    if actual != wanted:
        yield f"width, count and highest id are {actual}, expected {wanted}"
    yield from _wrong_ids(catalog, model, generation, ids)


def _wrong_ids(
    catalog: CatalogFile, model: Model, generation: Generation, ids: np.ndarray
) -> Iterator[str]:
    """Report ids that only the file or only the catalog has, though they have not changed since."""
    sql = f"SELECT image_id FROM {model.vectors} WHERE image_id <= ?"
    catalog_ids = np.fromiter((row[0] for row in catalog.rows(sql, generation.last_id)), np.int64)
    sql = "SELECT DISTINCT image_id FROM changes WHERE typeof(image_id) = 'integer'"
    changed = np.fromiter((row[0] for row in catalog.rows(sql)), np.int64)
    wrong = np.setdiff1d(np.setxor1d(ids, catalog_ids), changed)
    if len(wrong):
        yield f"{len(wrong)} ids are only in the file or only in the catalog, such as {wrong[0]}"
    if len(np.unique(ids)) < len(ids):
        yield "it holds duplicate ids"
