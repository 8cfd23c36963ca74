"""The parts of a query's cost, over a retriever that takes known time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from search.evaluation.latency import measure_latency


class SlowRetriever:
    """Encodes in 4 ms and re-ranks in 8 ms, and notes how many candidates it was given."""

    dim = 3
    candidates = 0

    def embed_images(self, images: Sequence[Image.Image]) -> SimpleNamespace:
        count = len(images)
        return SimpleNamespace(vectors=np.eye(count, 3), packed=np.zeros((count, 5), np.uint8))

    def embed_queries(self, texts: Sequence[str]) -> SimpleNamespace:
        time.sleep(0.004)
        return SimpleNamespace(vectors=np.ones((1, 3), np.float32))

    def rerank(self, query: object, vectors: np.ndarray, packed: np.ndarray) -> None:
        time.sleep(0.008)
        self.candidates = len(packed)
        assert vectors.shape == (len(packed), 3)


def test_parts_add_up_and_fifty_candidates_are_reranked() -> None:
    retriever = SlowRetriever()
    parts = measure_latency(retriever, [Image.new("RGB", (4, 4))], ["a", "b", "c"], gallery=80)
    assert retriever.candidates == 50
    assert parts["encode"] >= 4
    assert parts["rerank"] >= 8
    assert parts["total"] >= parts["encode"] + parts["rerank"] - 1
    assert parts["total"] == pytest.approx(sum(parts[p] for p in list(parts)[:3]), rel=0.5)
    assert parts["queries"] == 3


def test_a_small_gallery_has_fewer_candidates() -> None:
    retriever = SlowRetriever()
    measure_latency(retriever, [Image.new("RGB", (4, 4))], ["a"], gallery=7)
    assert retriever.candidates == 7
