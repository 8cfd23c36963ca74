"""A shard: one Parquet file with all that an index keeps of the photos of a chunk.

A row is a file. Of a photo it has the facts (`store.PhotoFile`), the vector in half precision and
what the re-ranker reads; of a file that could not be read it has the reason. Paths are the system's
bytes, since they need not be Unicode. Pages carry checksums. The schema's metadata says what the
shard is: `crossgraph.fingerprint`, `.dim`, `.node_bytes`, `.written_ns` (seconds since 1970 in
nanoseconds) and `.failed`, how many of its files gave no photo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.bulk.columns import files_of, photo_columns, quarantine_columns, quarantined_of
from indexer.bulk.whole import written_safely
from store import CrossgraphError, PhotoFile, QuarantinedFile

__all__ = [
    "DamagedShard",
    "PyarrowMissing",
    "Shard",
    "ShardFacts",
    "check_pyarrow",
    "read_facts",
    "read_shard",
    "write_shard",
]

PREFIX = "crossgraph."


class DamagedShard(CrossgraphError):
    """A file of a folder of shards is no shard, or not what was written."""


class PyarrowMissing(CrossgraphError):
    """Shards are Parquet files, and what reads and writes those is not installed."""


@dataclass(frozen=True)
class ShardFacts:
    """What a shard says of itself.

    Attributes:
        fingerprint: of the model that embedded, hex.
        dim: D, width of its vectors.
        node_bytes: P, bytes that the re-ranker reads of a photo.
        written_ns: when it was made, nanoseconds since 1970.
        failed: how many of its files gave no photo, those too of which nothing is written down.
    """

    fingerprint: str
    dim: int
    node_bytes: int
    written_ns: int
    failed: int


@dataclass(frozen=True)
class Shard:
    """The photos and the broken files of a chunk.

    Attributes:
        facts: what it says of itself.
        files: B photos.
        vectors: (B, D) in half precision.
        nodes: (B, P) uint8.
        broken: files that are no photos until they change.
    """

    facts: ShardFacts
    files: Sequence[PhotoFile]
    vectors: NDArray[np.float16]
    nodes: NDArray[np.uint8]
    broken: Sequence[QuarantinedFile]


def check_pyarrow() -> None:
    """Raise a PyarrowMissing where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise PyarrowMissing(
            "shards are Parquet files, for which pyarrow is not installed: "
            'pip install "crossgraph[parquet]"'
        )


def write_shard(path: Path, shard: Shard) -> None:
    """Write a shard, whole or not at all; one that is there is replaced.

    Raises:
        OSError: it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    facts = {PREFIX + name: str(value) for name, value in vars(shard.facts).items()}
    schema = _schema(shard.facts.dim, shard.facts.node_bytes).with_metadata(facts)
    columns = photo_columns(shard.files)
    columns["vector"] = [row.tobytes() for row in shard.vectors.astype("<f2")]
    columns["nodes"] = [row.tobytes() for row in shard.nodes]
    broken = quarantine_columns(shard.broken)
    table = pa.concat_tables(
        pa.table({name: pa.array(part.get(name, [None] * count), schema.field(name).type)
                  for name in schema.names}, schema=schema)
        for part, count in ((columns, len(shard.files)), (broken, len(shard.broken)))
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_safely(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def read_facts(path: Path) -> ShardFacts:
    """Read what a shard says of itself, and none of its rows.

    Raises:
        DamagedShard: it is no shard.
        OSError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            return _facts(pq.read_schema(file).metadata or {})
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise _damaged(path, error) from error


def read_shard(path: Path) -> Shard:
    """Read a shard whole; raises what `read_facts` raises."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            table = pq.read_table(file, page_checksum_verification=True)
        facts = _facts(table.schema.metadata or {})
        if not table.schema.equals(_schema(facts.dim, facts.node_bytes)):
            raise ValueError(f"its columns are {', '.join(table.schema.names)}")
        return _shard(table, facts)
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise _damaged(path, error) from error
    except OSError as error:  # which pyarrow also raises for data that it cannot make out
        if error.errno is not None:
            raise
        raise _damaged(path, error) from error


def _shard(table: Any, facts: ShardFacts) -> Shard:  # noqa: ANN401 - pyarrow has no types
    import pyarrow.compute as pc

    photos = table.filter(pc.is_null(table["reason"]))
    return Shard(
        facts,
        files_of(photos.drop_columns(["vector", "nodes"]).to_pylist()),
        _rows(photos["vector"], facts.dim, "<f2"),
        _rows(photos["nodes"], facts.node_bytes, "|u1"),
        quarantined_of(table.filter(pc.is_valid(table["reason"])).to_pylist()),
    )


def _rows(column: Any, width: int, dtype: str) -> NDArray[Any]:  # noqa: ANN401
    """Give (B, width) numbers of a column of bytes."""
    if column.null_count:
        raise ValueError(f"{column.null_count} photos have no embedding")
    held = b"".join(column.to_pylist())
    return np.frombuffer(held, dtype).reshape(len(column), width)


def _schema(dim: int, node_bytes: int) -> Any:  # noqa: ANN401
    import pyarrow as pa

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
            ("vector", pa.binary(2 * dim)),
            ("nodes", pa.binary(node_bytes)),
            ("reason", pa.string()),
        ]
    )


def _facts(metadata: Mapping[bytes, bytes]) -> ShardFacts:
    def fact(name: str) -> str:
        return metadata[(PREFIX + name).encode()].decode()

    numbers = {name: int(fact(name)) for name in ("dim", "node_bytes", "written_ns", "failed")}
    return ShardFacts(fact("fingerprint"), **numbers)


def _damaged(path: Path, error: Exception) -> DamagedShard:
    return DamagedShard(
        f"{path} is no shard, or damaged ({error}): delete it and run `crossgraph index SOURCE "
        "--shards` again, which makes it anew"
    )
