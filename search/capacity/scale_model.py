"""What indexing and searching a number of photos takes, calculated from measured rates.

Everything is a plain product of a rate and a number, so it is as good as the rates. Only the search
step has a model of its own, following `store.vectors.choose` and `store.vectors.approximate`: exact
as long as that takes 20 ms, then some of the lists, of which there are twice the square root of the
number of photos and at most 8,192.
"""

from __future__ import annotations

from dataclasses import dataclass

from search.capacity.scale_rates import Rates

__all__ = ["Assumed", "Search", "Stages", "reckoned", "searched"]

MOST_EXACT_MS = 20.0
MOST_LISTS = 8192
PROBES = 60
"""Lists that a search of a million photos reads for a recall@100 of 0.990; taken for all sizes."""

CODE_BYTES = 528
"""Bytes of a photo in the vector file: 520 one-byte codes, and its id."""

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Assumed:
    """Assumptions that were not measured: machines and prices, which differ for everybody.

    Attributes:
        cores: cores that embed.
        gpus: GPUs that embed.
        network_gbit: gigabits per second of the network that photos are read over, all machines
            together.
        photo_bytes: size of a photo's file.
        core_hour: price of a core for an hour, including the memory that comes with it.
        gpu_hour: price of a GPU for an hour.
        disk_gb_month: price of a gigabyte on a disk for a month.
        memory_gb_hour: price of a gigabyte of memory for an hour.
    """

    cores: int = 64
    gpus: int = 8
    network_gbit: float = 10.0
    photo_bytes: float = 200_000.0
    core_hour: float = 0.04
    gpu_hour: float = 2.5
    disk_gb_month: float = 0.08
    memory_gb_hour: float = 0.005


@dataclass(frozen=True)
class Stages:
    """What a number of photos takes up to a finished index.

    Attributes:
        photos: their number.
        core_hours: core-hours to embed them at 224 pixels.
        large_core_hours: core-hours to embed them at 12 megapixels.
        gpu_hours: GPU-hours to embed them if decoding keeps up; None where not measured.
        read_bytes: bytes read over the network.
        read_hours: hours for that at the assumed speed.
        shard_bytes: size of the folder of shards.
        index_bytes: size of the index, including the vector file.
        vectors_bytes: size of that file.
        merge_hours: hours in which one process writes all rows.
        file_hours: hours to build the vector file.
        file_memory_bytes: memory needed to build it.
        push_hours: hours to push the index to PostgreSQL, including its graph.
        postgres_bytes: size in PostgreSQL.
    """

    photos: int
    core_hours: float
    large_core_hours: float
    gpu_hours: float | None
    read_bytes: float
    read_hours: float
    shard_bytes: float
    index_bytes: float
    vectors_bytes: float
    merge_hours: float
    file_hours: float
    file_memory_bytes: float
    push_hours: float
    postgres_bytes: float


@dataclass(frozen=True)
class Search:
    """What a warm query takes on one machine.

    Attributes:
        lists: number of lists; 1 is an exact search.
        compared: number of vectors and list centroids that a query is compared with.
        query_ms: time from text to re-ranked hits.
        memory_bytes: size of the vector file, which has to be in memory for that time to hold.
    """

    lists: int
    compared: float
    query_ms: float
    memory_bytes: float


def reckoned(photos: int, rates: Rates, assumed: Assumed) -> Stages:
    """Return what a number of photos takes up to a finished index.

    >>> from search.capacity.scale_rates import RATES
    >>> reckoned(0, RATES, Assumed()).core_hours
    0.0
    """
    read_bytes = photos * assumed.photo_bytes
    return Stages(
        photos=photos,
        core_hours=_hours(photos, rates.small_photos_per_core_second * rates.ray_share),
        large_core_hours=_hours(photos, rates.large_photos_per_core_second * rates.ray_share),
        gpu_hours=_measured_hours(photos, rates.gpu_photos_per_second),
        read_bytes=read_bytes,
        read_hours=_hours(8 * read_bytes, 1e9 * assumed.network_gbit),
        shard_bytes=photos * rates.shard_bytes,
        index_bytes=photos * rates.index_bytes,
        vectors_bytes=photos * CODE_BYTES,
        merge_hours=_hours(photos, rates.merged_rows_per_second),
        file_hours=_hours(photos, _filed_per_second(photos, rates)),
        file_memory_bytes=photos * rates.filing_bytes,
        push_hours=_hours(photos, rates.pushed_rows_per_second)
        + _hours(photos, rates.graph_rows_per_second),
        postgres_bytes=photos * rates.postgres_bytes,
    )


def searched(photos: int, rates: Rates) -> Search:
    """Return what a warm query over a number of photos takes."""
    lists, compared = 1, float(photos)
    if not _is_exact(photos, rates):
        lists = min(int(2 * photos**0.5), MOST_LISTS)
        compared = lists + PROBES * photos / lists
    ms = rates.query_ms + compared * rates.vector_ns / 1e6
    return Search(lists, compared, ms, photos * CODE_BYTES)


def _is_exact(photos: int, rates: Rates) -> bool:
    return photos * rates.vector_ns / 1e6 <= MOST_EXACT_MS


def _filed_per_second(photos: int, rates: Rates) -> float:
    exact = _is_exact(photos, rates)
    return rates.exact_rows_per_second if exact else rates.listed_rows_per_second


def _measured_hours(amount: float, a_second: float | None) -> float | None:
    return None if a_second is None else _hours(amount, a_second)


def _hours(amount: float, a_second: float) -> float:
    return amount / a_second / 3600
