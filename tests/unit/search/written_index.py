"""A collection of numbered photos with hand-written hits, in place of a real index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from search.engine.search_index import SearchIndex
from search.evaluation.searches.asked_index import AskedIndex
from store import QueryError

__all__ = ["Hits", "WrittenIndex", "asked", "paths"]

Hits = Sequence[tuple[int, float]]
"""Rows of photos with their probabilities, the nearest first."""


class WrittenIndex:
    """Answers each query from a table: one with re-ranking, one without."""

    def __init__(
        self, reranked: Mapping[str, Hits], first: Mapping[str, Hits] | None = None
    ) -> None:
        self.tables = {True: reranked, False: reranked if first is None else first}
        self.asked: list[tuple[str, int, bool]] = []

    def __len__(self) -> int:
        return 9

    def search(self, query: str, k: int, *, rerank: bool = True) -> list[SimpleNamespace]:
        self.asked.append((query, k, rerank))
        if not query.strip():
            raise QueryError("the query is empty")
        hits = self.tables[rerank][query][:k]
        return [
            SimpleNamespace(path=Path(f"/photos/{row}.jpg"), probability=probability)
            for row, probability in hits
        ]


def paths(count: int) -> list[str]:
    return [f"/photos/{row}.jpg" for row in range(count)]


def asked(index: WrittenIndex, photos: int) -> AskedIndex:
    return AskedIndex(cast(SearchIndex, index), paths(photos))
