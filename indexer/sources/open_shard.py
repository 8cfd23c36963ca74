"""Files of many photos opened by their names: tars and Parquet files, here or at an address."""

from __future__ import annotations

from indexer.sources.parquet import ParquetShard
from indexer.sources.parquet_columns import check_parquet
from indexer.sources.places import facts_of, fetched, opened
from indexer.sources.shard import Shard
from indexer.sources.tar import TarShard, check_tar
from store import SourceError

__all__ = ["check_shard", "open_shard"]


def open_shard(place: str, *, whole: bool = False) -> Shard:
    """Open a file of many photos and list its members.

    Args:
        place: a path or an address.
        whole: all of it will be read: what lies elsewhere is fetched once.

    Raises:
        SourceError: it is no such file, or what would read it is not installed.
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
    """Check that a file named in a request is one of many photos; reads only its head.

    Raises:
        SourceError: it is not there, or no such file.
    """
    try:
        facts_of(place)
        with opened(place) as file:
            (check_parquet if place.lower().endswith(".parquet") else check_tar)(place, file)
    except OSError as error:
        raise SourceError(f"{place} cannot be read: {error.strerror or error}") from error
