"""Opens shards by name: tar and Parquet files, on this machine or at an address."""

from __future__ import annotations

from indexer.sources.parquet import ParquetShard
from indexer.sources.parquet_columns import check_parquet
from indexer.sources.places import facts_of, fetched, opened
from indexer.sources.shard import Shard
from indexer.sources.tar import TarShard, check_tar
from store import SourceError

__all__ = ["check_shard", "open_shard"]


def open_shard(place: str, *, whole: bool = False) -> Shard:
    """Open a shard and list its members.

    Args:
        place: a path or an address.
        whole: whether all of it will be read; a remote file is then downloaded once.

    Raises:
        SourceError: it is not a shard, or the library that reads it is not installed.
        OSError: it cannot be read at the moment.
    """
    kind = ParquetShard if place.lower().endswith(".parquet") else TarShard
    file = (fetched if whole else opened)(place)
    try:
        return kind(place, file)
    except BaseException:
        file.close()
        raise


def check_shard(place: str) -> None:
    """Check that a file given by name is a shard; reads only a small part of it.

    Raises:
        SourceError: it is not there, or not a shard.
    """
    try:
        facts_of(place)
        with opened(place) as file:
            (check_parquet if place.lower().endswith(".parquet") else check_tar)(place, file)
    except OSError as error:
        raise SourceError(f"{place} cannot be read: {error.strerror or error}") from error
