"""Vectors as the graph stores them: centred, equally long, and with the same ranking."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.postgres.copying import as_text, half_rows
from store.postgres.scaled_vectors import VectorPlacement, scaled_query

DIM = 7


def made(seed: int, widths: list[float]) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((50, DIM)) * widths + random.standard_normal(DIM) * widths
    return np.arange(50), vectors.astype(np.float16).astype(np.float32)


@given(
    seed=st.integers(0, 1000),
    widths=st.lists(st.sampled_from([0.1, 0.2, 5.0, 100.0]), min_size=DIM, max_size=DIM),
)
def test_placed_vectors_are_equally_long_and_in_the_order_they_had(
    seed: int, widths: list[float]
) -> None:
    ids, vectors = made(seed, widths)
    placement = VectorPlacement.of(
        DIM, lambda: iter([(ids[:20], vectors[:20]), (ids[20:], vectors[20:])])
    )
    placed = placement.placed(vectors).astype(np.float64)
    lengths = np.linalg.norm(placed, axis=1)
    assert np.allclose(lengths, placement.length, rtol=2e-3)
    query = np.random.default_rng(seed + 1).standard_normal(DIM).astype(np.float32)
    scores = vectors.astype(np.float64) @ query
    moved = placed @ scaled_query(query, placement.scale)
    # All scores are shifted by the same amount, except for rounding.
    spread = np.abs(query / placement.scale).sum() * np.abs(placed).max()
    assert np.allclose(scores - moved, (scores - moved).mean(), atol=spread * 1e-3)


def test_only_numbers_of_a_far_wider_range_are_scaled_by_powers_of_two() -> None:
    ids, vectors = made(3, [0.1] * (DIM - 1) + [10.0])
    placement = VectorPlacement.of(DIM, lambda: iter([(ids, vectors)]))
    assert (placement.scale[:-1] == 1).all()
    assert placement.scale[-1] == 2.0 ** round(np.log2(placement.scale[-1])) < 1 / 16


def test_of_no_vectors_there_is_a_placement_too() -> None:
    placement = VectorPlacement.of(2, lambda: iter([]))
    assert placement.placed(np.zeros((1, 2), np.float32)).tolist() == [[0, 0, 1]]


def test_values_come_back_as_pgvector_sends_them() -> None:
    assert half_rows([], 3).shape == (0, 3)
    assert as_text(np.array([1, -0.5], np.float16)) == "[1.0, -0.5]"
