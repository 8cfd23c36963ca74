"""Writes a shard while its photos arrive, so that memory does not grow with their number."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.bulk.embedded_shard_file import (
    EmbeddedShardFacts,
    Rows,
    metadata_of,
    schema_of,
    table_of,
)
from indexer.bulk.embedded_shard_temporaries import written_safely

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

__all__ = ["EmbeddedShardWriter", "embedded_shard_writer"]

GROUP = 1024
"""Least number of rows that are written as one row group; about 4 MB."""


class EmbeddedShardWriter:
    """Writes rows, a batch at a time.

    Attributes:
        photos: number of photos added.
        left_out: path and reason of files without a photo; `add` appends the broken ones, and the
            caller those that could not be read at the moment.
    """

    def __init__(self, parquet: ParquetWriter, schema: pa.Schema) -> None:
        self._parquet, self._schema = parquet, schema
        self._waiting: list[pa.Table] = []
        self.photos = 0
        self.left_out: list[tuple[str, str]] = []

    def add(self, rows: Rows) -> None:
        """Add rows; they are written once there are enough for a group.

        Raises:
            OSError: they cannot be written.
        """
        self._waiting.append(table_of(rows, self._schema))
        self.photos += len(rows.files)
        self.left_out += [(file.path, file.reason) for file in rows.broken]
        if sum(len(table) for table in self._waiting) >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are still waiting."""
        import pyarrow as pa

        if self._waiting:
            self._parquet.write_table(pa.concat_tables(self._waiting), 2 * GROUP)
            self._waiting = []


@contextmanager
def embedded_shard_writer(path: Path, fingerprint: str, dim: int) -> Generator[EmbeddedShardWriter]:
    """Yield a writer of a shard, which appears, replacing an earlier one, if the block succeeds.

    Args:
        path: path of the shard.
        fingerprint: fingerprint of the model that embeds, hex.
        dim: width of its vectors.

    Raises:
        OSError: it cannot be written.
    """
    from pyarrow.parquet import ParquetWriter

    path.parent.mkdir(parents=True, exist_ok=True)
    schema = schema_of(dim)
    with (
        written_safely(path) as temporary,
        ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as parquet,
    ):
        writer = EmbeddedShardWriter(parquet, schema)
        yield writer
        writer.flush()
        facts = EmbeddedShardFacts(fingerprint, dim, time.time_ns(), len(writer.left_out))
        parquet.add_key_value_metadata(metadata_of(facts))
