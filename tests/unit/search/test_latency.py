"""The parts of a query's cost, by a clock that runs only while the retriever works."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from search.evaluation import latency
from search.evaluation.latency import measure_latency

PHOTO = Image.new("RGB", (4, 4))


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def perf_counter(self) -> float:
        return self.seconds


class TimedRetriever:
    """Takes 1 ms per letter to encode a text, and 2 ms per letter to re-rank."""

    dim = 3

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.candidates: list[int] = []

    def embed_images(self, images: Sequence[Image.Image]) -> SimpleNamespace:
        self.clock.seconds += 1000  # no query waits for this
        count = len(images)
        return SimpleNamespace(vectors=np.eye(count, 3), packed=np.zeros((count, 5), np.uint8))

    def embed_queries(self, texts: Sequence[str]) -> SimpleNamespace:
        letters = len(texts[0])
        self.clock.seconds += 0.001 * letters
        return SimpleNamespace(vectors=np.ones((1, 3), np.float32), letters=letters)

    def rerank(self, query: SimpleNamespace, vectors: np.ndarray, packed: np.ndarray) -> None:
        self.clock.seconds += 0.002 * query.letters
        self.candidates.append(len(packed))
        assert vectors.shape == (len(packed), 3)


@pytest.fixture
def retriever(monkeypatch: pytest.MonkeyPatch) -> TimedRetriever:
    clock = Clock()
    monkeypatch.setattr(latency, "time", clock)
    return TimedRetriever(clock)


def test_each_part_is_the_median_over_queries(retriever: TimedRetriever) -> None:
    texts = ["a dog", "a", "two dogs on grass"]
    parts = measure_latency(retriever, [PHOTO], texts, gallery=80)
    assert parts == {"encode": 5, "first_stage": 0, "rerank": 10, "total": 15, "queries": 3}


def test_the_first_query_is_asked_once_more_to_warm_up(retriever: TimedRetriever) -> None:
    measure_latency(retriever, [PHOTO], ["a", "b"], gallery=80)
    assert len(retriever.candidates) == 3


@pytest.mark.parametrize(("gallery", "candidates"), [(80, 50), (51, 50), (50, 50), (7, 7)])
def test_fifty_candidates_are_reranked_at_most(
    retriever: TimedRetriever, gallery: int, candidates: int
) -> None:
    measure_latency(retriever, [PHOTO], ["a"], gallery=gallery)
    assert set(retriever.candidates) == {candidates}
