r"""Photos as a Parquet file: one row each, vectors as fixed-size lists.

Columns: image_id, path (absolute), source, relative_path, size_bytes, mtime_ns, sha256, width_px,
height_px, captions, categories, vector; for hits also rank, score and probability. The last columns
are metadata: taken, camera, title, description, tags, people, place, rating, latitude and
longitude, null where unknown. Bytes of a path that are not valid Unicode are written as `\xff`,
since Parquet's texts are UTF-8. The schema's metadata names the model: `crossgraph.fingerprint`,
`.model`, `.encoders`, `.dim`, `.unit_dim`, and the `.query`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from search.export.export_file import written_whole
from search.export.metadata import METADATA, metadata_of
from search.printable import valid_text
from search.result import Hit

if TYPE_CHECKING:
    import pyarrow as pa

    from store import IndexReader
    from store.types import PhotoRecord, Progress

__all__ = ["write_parquet"]

ROW_GROUP = 8192
"""Photos per row group; about 17 MB with vectors of 515 numbers. Readers can skip row groups."""


def write_parquet(
    index: IndexReader,
    out: Path,
    hits: Sequence[Hit] | None,
    query: str,
    progress: Progress | None = None,
) -> tuple[int, list[Path]]:
    """Write photos, or only hits; return how many, and the file.

    Args:
        index: open, in a snapshot.
        out: the file; an existing one is replaced.
        hits: as in `search.export.write_photos.export`.
        query: the query that they answer.
        progress: as in `search.export.write_photos.export`.
    """
    import pyarrow.parquet

    schema = _schema(index, ranked=hits is not None, query=query)
    count = 0
    with (
        written_whole(out) as temporary,
        pyarrow.parquet.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        for rows in _groups(index, hits):
            writer.write_batch(_batch(rows, schema, index.model.dim, hits), ROW_GROUP)
            count += len(rows)
            if progress is not None:
                progress(count, len(index) if hits is None else len(hits), "rows")
    return count, [out]


def _schema(index: IndexReader, *, ranked: bool, query: str) -> pa.Schema:
    import pyarrow as pa

    ranks = [("rank", pa.int32()), ("score", pa.float32()), ("probability", pa.float32())]
    texts = pa.list_(pa.string())
    facts = {
        "fingerprint": index.model.fingerprint,
        "model": index.model.name,
        "encoders": index.model.encoders,
        "dim": str(index.model.dim),
        "unit_dim": str(index.model.unit_dim),
        **({"query": valid_text(query)} if ranked else {}),
    }
    return pa.schema(
        [
            *(ranks if ranked else ()),
            ("image_id", pa.int64()),
            ("path", pa.string()),
            ("source", pa.string()),
            ("relative_path", pa.string()),
            ("size_bytes", pa.int64()),
            ("mtime_ns", pa.int64()),
            ("sha256", pa.string()),
            ("width_px", pa.int32()),
            ("height_px", pa.int32()),
            ("captions", texts),
            ("categories", texts),
            # Not half precision, in which they are stored: few readers of Parquet support that.
            ("vector", pa.list_(pa.float32(), index.model.dim)),
            ("taken", pa.timestamp("s")),
            ("camera", pa.string()),
            ("title", pa.string()),
            ("description", pa.string()),
            ("tags", texts),
            ("people", texts),
            ("place", texts),
            ("rating", pa.int32()),
            ("latitude", pa.float64()),
            ("longitude", pa.float64()),
        ],
        metadata={f"crossgraph.{name}": value for name, value in facts.items()},
    )


def _groups(index: IndexReader, hits: Sequence[Hit] | None) -> Iterator[list[PhotoRecord]]:
    from store.record_stream import records

    waiting: list[PhotoRecord] = []
    for block in records(index, None if hits is None else [hit.image_id for hit in hits]):
        waiting += block
        if len(waiting) >= ROW_GROUP:
            yield waiting[:ROW_GROUP]
            waiting = waiting[ROW_GROUP:]
    if waiting:
        yield waiting


def _batch(
    rows: Sequence[PhotoRecord],
    schema: pa.Schema,
    dim: int,
    hits: Sequence[Hit] | None,
) -> pa.RecordBatch:
    import pyarrow as pa

    hits_by_id = {hit.image_id: hit for hit in hits or ()}
    columns: dict[str, object] = {
        "image_id": [row.image_id for row in rows],
        "path": [valid_text(row.file.path) for row in rows],
        "source": [valid_text(row.file.source) for row in rows],
        "relative_path": [valid_text(row.relative_path) for row in rows],
        "captions": [list(row.captions) for row in rows],
        "categories": [list(row.categories) for row in rows],
    }
    columns |= {name: [metadata_of(row)[name] for row in rows] for name in METADATA}
    columns["taken"] = [row.file.taken for row in rows]
    for name in ("size_bytes", "mtime_ns", "sha256", "width_px", "height_px"):
        columns[name] = [getattr(row.file, name) for row in rows]
    for name in ("rank", "score", "probability") if hits is not None else ():
        columns[name] = [getattr(hits_by_id[row.image_id], name) for row in rows]
    vectors = np.stack([row.vector for row in rows if row.vector is not None])
    flat = pa.array(vectors.astype(np.float32).reshape(-1))
    columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, dim)
    arrays = [
        columns[field.name]
        if field.name == "vector"
        else pa.array(columns[field.name], type=field.type)
        for field in schema
    ]
    return pa.record_batch(arrays, schema=schema)
