"""Outcomes of a run, written by hand."""

from __future__ import annotations

from search.bench.made import Built
from search.bench.run import Outcome
from search.bench.scale import SizeRow
from search.bench.targets import Figure

__all__ = ["OUTCOME", "size_row"]


def size_row(count: int, query: float, store: float, plain: float) -> SizeRow:
    built = Built(count, 1.0, 2.0, 1500 * count, "exact, half precision")
    ways = {"store": store, "faiss": plain, "numpy": 2 * plain, "rclip": 100 * plain}
    return SizeRow(built, query, ways)


OUTCOME = Outcome(
    figures=[
        Figure("warm", 2.0, "10.0 ms over 5.0 ms", (10_000,), {"query_ms": [9.0, 10.0, 11.0]}),
        Figure("recall", 0.96, "200 captions", (1_000_000,)),
        Figure("rerank", 31.25, "reading them: 2.0 ms more", (100,)),
        Figure("bytes", 1.5, "15 MB; exact", (10_000,)),
    ],
    sizes=[size_row(10_000, 10, 1, 2), size_row(100_000, 15, 10, 20)],
    failed={"memory": "BenchError: memory is read from /proc/self/status, which only Linux has"},
)
