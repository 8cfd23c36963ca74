"""Measured rates, each with the command that measured it.

The machines had 2 cores, 24 GiB of memory and no GPU, except where noted. Numbers of `crossgraph
bench` are from an earlier run than those of the README, on a machine that was less busy. Merging
was measured in processor time, PostgreSQL in elapsed time. `search.capacity.plan_tables` calculates
with these; after a change of the program, run the commands to update them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["POINTS", "RATES", "Point", "Rates"]


@dataclass(frozen=True)
class Rates:
    """Measured numbers; None where not measured yet, in which case nothing is calculated from them.

    Attributes:
        small_photos_per_core_second: of 224 pixels, from a file to its rows.
            `crossgraph bench --only indexing`: 64.5 a second on 2 cores.
        large_photos_per_core_second: of 12 megapixels; the same command: 28.3 on 2 cores.
        gpu_photos_per_second: of 224 pixels, from a file to its rows, by one H200 that eight
            processes on 16 cores share: each indexed its eighth of 7,000 photos, as `crossgraph
            shards write SOURCE --out OUT --part I/8 --device cuda` does, not counting the loading
            of the model. A single process reached 510 a second, limited by reading.
        ray_share: share of that speed that remains with Ray workers, not counting the seconds in
            which they start. `python -m benchmarks.bulk_throughput FOLDER --photos 3000`.
        shard_bytes: size of a photo in a shard. `python -m benchmarks.bulk_merge`, as for the next
            four.
        merged_rows_per_second: rows that an index's single writer writes, if the disk keeps up.
        exact_rows_per_second: rows written to a vector file that is searched exactly.
        listed_rows_per_second: rows written to one with lists, including training and measuring
            them.
        filing_bytes: memory per vector while that file is built.
        index_bytes: size of a photo in an index. `crossgraph bench --only scale`, as for the next
            two.
        query_ms: time of a warm query without the search step; this and the next follow from 12.1
            ms for 10,000 photos and 15.8 ms for 1,000,000.
        vector_ns: time of the search step per vector or centroid that it compares.
        pushed_rows_per_second: rows pushed to PostgreSQL. `python -m benchmarks.postgres_bench
            --like INDEX --rows 100000`, as for the next two.
        graph_rows_per_second: rows added to the HNSW graph of pgvector: 17.7 seconds for 100,000.
        postgres_bytes: size of a photo in PostgreSQL.
    """

    small_photos_per_core_second: float
    large_photos_per_core_second: float
    gpu_photos_per_second: float | None
    ray_share: float
    shard_bytes: float
    merged_rows_per_second: float
    exact_rows_per_second: float
    listed_rows_per_second: float
    filing_bytes: float
    index_bytes: float
    query_ms: float
    vector_ns: float
    pushed_rows_per_second: float
    graph_rows_per_second: float
    postgres_bytes: float


RATES = Rates(
    small_photos_per_core_second=32.2,
    large_photos_per_core_second=14.2,
    gpu_photos_per_second=1_525.0,
    ray_share=0.97,
    shard_bytes=1588.0,
    merged_rows_per_second=19_000.0,
    exact_rows_per_second=43_300.0,
    listed_rows_per_second=5_820.0,
    filing_bytes=773.0,
    index_bytes=2473.0,
    query_ms=10.42,
    vector_ns=168.2,
    pushed_rows_per_second=9_730.0,
    graph_rows_per_second=5_640.0,
    postgres_bytes=5_440.0,
)


@dataclass(frozen=True)
class Point:
    """Measurements at one size, with which calculated values are compared.

    Attributes:
        photos: their number.
        merge_seconds: processor time. `python -m benchmarks.bulk_merge --rows N`, rows and vector
            file together.
        index_bytes: size of all files of the index. `crossgraph bench --only scale`, as for the
            next.
        query_ms: time of a warm query, including re-ranking.
    """

    photos: int
    merge_seconds: float
    index_bytes: float
    query_ms: float


POINTS = (
    Point(10_000, 1.17, 25.2e6, 12.1),
    Point(100_000, 7.43, 247.5e6, 20.0),
    Point(1_000_000, 224.3, 2.473e9, 15.8),
)
