"""An embedded shard: one Parquet file with everything that an index keeps of a chunk's photos.

Each row is a file. For a photo it has the facts (`store.PhotoFile`), the vector in half precision,
the re-ranker's input, and captions; for a file that could not be read it has the reason. Paths are
stored as bytes, since they need not be valid Unicode. Pages have checksums. The schema's metadata
describes the shard: `crossgraph.fingerprint`, `.dim`, `.written_ns` (nanoseconds since 1970) and
`.failed`, the number of files without a photo. Shards are written and read in groups of rows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.bulk.columns import files_of, photo_columns, quarantine_columns, quarantined_of
from store import CrossgraphError, PhotoFile, QuarantinedFile
from store.columns.codec import text_to_row
from store.extras import check_extra

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

__all__ = [
    "DamagedEmbeddedShard",
    "EmbeddedShardFacts",
    "Rows",
    "check_pyarrow",
    "read_facts",
    "read_rows",
]

PREFIX = "crossgraph."

Captions = tuple[str, ...]


class DamagedEmbeddedShard(CrossgraphError):
    """A file in a folder of shards is not a shard, or is damaged."""


@dataclass(frozen=True)
class EmbeddedShardFacts:
    """The metadata of a shard.

    Attributes:
        fingerprint: fingerprint of the model that embedded the photos, hex.
        dim: D, width of its vectors.
        written_ns: when it was written, in nanoseconds since 1970.
        failed: number of files without a photo, including those that the shard does not record.
    """

    fingerprint: str
    dim: int
    written_ns: int
    failed: int


@dataclass(frozen=True)
class Rows:
    """Some photos, and some files that are not readable photos until they change.

    Attributes:
        files: B photos.
        vectors: (B, D) in half precision.
        nodes: (B, P) uint8, the re-ranker's input.
        captions: B tuples, the captions from the tar or Parquet file of each photo.
        broken: files without a photo.
    """

    files: Sequence[PhotoFile]
    vectors: NDArray[np.float16]
    nodes: NDArray[np.uint8]
    captions: Sequence[Captions]
    broken: Sequence[QuarantinedFile] = ()

    @classmethod
    def of_broken(cls, broken: Sequence[QuarantinedFile]) -> Rows:
        """Return rows that consist only of files without a photo."""
        return cls((), np.zeros((0, 0), np.float16), np.zeros((0, 0), np.uint8), (), broken)


def check_pyarrow() -> None:
    """Raise ExtraMissing if pyarrow is not installed."""
    check_extra("pyarrow", "parquet", "an embedded shard is a Parquet file, which")


def schema_of(dim: int, *, has_readers: bool = True) -> pa.Schema:
    """Return the schema of a shard; without readers, that of a shard from an older version."""
    import pyarrow as pa

    readers = [("reader", pa.int32()), ("damage", pa.string()), ("is_guessed", pa.bool_())]
    return pa.schema(
        [
            pa.field("path", pa.binary(), nullable=False),
            pa.field("source", pa.binary(), nullable=False),
            pa.field("size_bytes", pa.int64(), nullable=False),
            pa.field("mtime_ns", pa.int64(), nullable=False),
            ("sha256", pa.binary(32)),
            ("width_px", pa.int32()),
            ("height_px", pa.int32()),
            ("taken_s", pa.int64()),
            ("camera", pa.string()),
            ("look", pa.int64()),
            ("captions", pa.list_(pa.string())),
            ("vector", pa.binary(2 * dim)),
            ("nodes", pa.binary()),
            ("reason", pa.string()),
            *(readers if has_readers else ()),
        ]
    )


def table_of(rows: Rows, schema: pa.Schema) -> pa.Table:
    """Return rows as a table with a schema from `schema_of`."""
    import pyarrow as pa

    photos = photo_columns(rows.files)
    photos["captions"] = [[text_to_row(text) for text in texts] for texts in rows.captions]
    photos["vector"] = [row.tobytes() for row in rows.vectors.astype("<f2")]
    photos["nodes"] = [row.tobytes() for row in rows.nodes]
    broken = quarantine_columns(rows.broken)
    columns = {
        name: photos.get(name, [None] * len(rows.files))
        + broken.get(name, [None] * len(rows.broken))
        for name in schema.names
    }
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def metadata_of(facts: EmbeddedShardFacts) -> dict[str, str]:
    """Return facts as the key-value metadata of a Parquet file."""
    return {PREFIX + name: str(value) for name, value in vars(facts).items()}


def read_facts(path: Path) -> EmbeddedShardFacts:
    """Read the metadata of a shard, without its rows.

    Raises:
        DamagedEmbeddedShard: it is not a shard, or is damaged.
        OSError: it cannot be read.
    """
    with _opened(path) as parquet:
        return _facts(parquet)


def read_rows(path: Path) -> Iterator[Rows]:
    """Yield the rows of a shard, one row group at a time; raises like `read_facts`."""
    with _opened(path) as parquet:
        facts = _facts(parquet)
        known = (schema_of(facts.dim, has_readers=has_readers) for has_readers in (True, False))
        if not any(parquet.schema_arrow.equals(schema) for schema in known):
            raise ValueError(f"its columns are {', '.join(parquet.schema_arrow.names)}")
        for group in range(parquet.num_row_groups):
            yield _rows(parquet.read_row_group(group), facts.dim)


@contextmanager
def _opened(path: Path) -> Generator[ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            yield pq.ParquetFile(file, page_checksum_verification=True)
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise _damaged(path, error) from error
    except OSError as error:  # pyarrow also raises this for data that it cannot decode
        if error.errno is not None:
            raise
        raise _damaged(path, error) from error


def _facts(parquet: ParquetFile) -> EmbeddedShardFacts:
    metadata: Mapping[bytes, bytes] = parquet.metadata.metadata or {}

    def fact(name: str) -> str:
        return metadata[(PREFIX + name).encode()].decode()

    numbers = {name: int(fact(name)) for name in ("dim", "written_ns", "failed")}
    return EmbeddedShardFacts(fact("fingerprint"), **numbers)


def _rows(table: pa.Table, dim: int) -> Rows:
    import pyarrow.compute as pc

    photos = table.filter(pc.is_null(table["reason"]))
    facts = photos.drop_columns(["captions", "vector", "nodes"]).to_pylist()
    captions = [tuple(texts or ()) for texts in photos["captions"].to_pylist()]
    broken = table.filter(pc.is_valid(table["reason"])).drop_columns(["vector", "nodes"])
    return Rows(
        files_of(facts),
        _numbers(photos["vector"], "<f2").reshape(-1, dim),
        _numbers(photos["nodes"], "|u1"),
        captions,
        quarantined_of(broken.to_pylist()),
    )


def _numbers(column: pa.ChunkedArray, dtype: str) -> NDArray[Any]:
    """Return a column of byte strings, which must have the same length, as an array (B, n)."""
    values = column.to_pylist()
    if None in values or len({len(row) for row in values}) > 1:
        raise ValueError("photos lack embeddings, or have embeddings of different sizes")
    return np.frombuffer(b"".join(values), dtype).reshape(len(values), -1 if values else 0)


def _damaged(path: Path, error: Exception) -> DamagedEmbeddedShard:
    return DamagedEmbeddedShard(
        f"{path} is no shard, or damaged ({error}): delete it and run `crossgraph shards write` "
        "again to recreate it"
    )
