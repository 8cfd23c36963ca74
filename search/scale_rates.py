"""What one machine was measured to do, each number with the command that gave it.

The machine had 2 cores (AMD EPYC with AVX-512), 24 GiB of memory and no GPU. `search.scale_plan`
reckons from these; after a change of the program the commands say what to put here.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["POINTS", "RATES", "Point", "Rates"]


@dataclass(frozen=True)
class Rates:
    """Measured numbers; None where nobody has measured yet, and nothing is reckoned from those.

    Attributes:
        small_photos_per_core_second: of 224 pixels, from a file to its rows.
            `crossgraph bench --only indexing`: 57.8 a second on 2 cores.
        large_photos_per_core_second: of 12 megapixels; the same command: 29.9 on 2 cores.
        gpu_photos_per_second: that one GPU encodes, where decoding keeps up with it.
        ray_share: of that speed that is left with workers of Ray, their start not counted.
            `python -m tests.bulk_throughput FOLDER`.
        shard_bytes: of a photo in a shard. `python -m tests.bulk_merge`, as the next four.
        merged_rows_per_second: into an index, by its only writer.
        exact_rows_per_second: into a file of vectors that is searched exactly.
        listed_rows_per_second: into one of lists, which are found and tried.
        filing_bytes: memory for each vector while that file is built.
        index_bytes: of a photo in an index. `crossgraph bench --only scale`, as the next two.
        query_ms: a warm query, without what the search step takes.
        vector_ns: that the search step takes for each vector, or centroid, that it compares.
        pushed_rows_per_second: into PostgreSQL. `crossgraph push`.
        graph_rows_per_second: into the HNSW graph of pgvector; the same command.
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
    pushed_rows_per_second: float | None
    graph_rows_per_second: float | None


RATES = Rates(
    small_photos_per_core_second=28.9,
    large_photos_per_core_second=15.0,
    gpu_photos_per_second=None,
    ray_share=0.0,
    shard_bytes=0.0,
    merged_rows_per_second=0.0,
    exact_rows_per_second=0.0,
    listed_rows_per_second=0.0,
    filing_bytes=0.0,
    index_bytes=3630.0,
    query_ms=0.0,
    vector_ns=0.0,
    pushed_rows_per_second=None,
    graph_rows_per_second=None,
)


@dataclass(frozen=True)
class Point:
    """What was measured at one size, to hold what is reckoned against.

    Attributes:
        photos: how many.
        merge_seconds: `python -m tests.bulk_merge --rows N`, rows and file of vectors together.
        index_bytes: all files of the index. `crossgraph bench --only scale`, as the next.
        query_ms: a warm query, re-ranking included.
    """

    photos: int
    merge_seconds: float
    index_bytes: float
    query_ms: float


POINTS: tuple[Point, ...] = ()
