"""What an index keeps of a photo for the re-ranker comes back, to within its rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.runtime.packing import (
    DamagedPhotos,
    Layout,
    pack_outputs,
    pack_photos,
    unpack_classes,
    unpack_edges,
    unpack_nodes,
)

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(0, 4)


def photos(
    seed: int, count: int, nodes: int, width: int, edges: int, bank: int = 65_536
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    made = random.standard_normal((count, nodes, width)).astype(np.float32)
    made /= np.linalg.norm(made, axis=2, keepdims=True)
    weights = np.exp(-8 * random.random((count, edges), dtype=np.float32))
    return made, random.integers(0, bank, (count, edges)), weights / weights.sum(1, keepdims=True)


@given(seeds, counts, st.integers(1, 5), st.integers(1, 20), st.integers(0, 6))
def test_nodes_come_back_with_their_signs_and_unit_length(
    seed: int, count: int, nodes: int, width: int, edges: int
) -> None:
    given, *joined = photos(seed, count, nodes, width, edges)
    packed = pack_photos(given, *joined)
    assert packed.shape == (count, nodes * ((width + 7) // 8) + 3 * edges)
    back = unpack_nodes(packed, Layout(width, edges))
    assert back.shape == given.shape
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back >= 0, given >= 0)
    np.testing.assert_allclose(np.abs(back), width**-0.5, rtol=1e-6)


@given(seeds, st.integers(1, 20))
def test_a_stored_node_is_the_networks_own(seed: int, width: int) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra `train`")
    from fusion.graphs.cross_graph import signs_of

    given = photos(seed, 2, 3, width, 0)[0]
    packed = pack_photos(given, np.zeros((2, 0), int), np.zeros((2, 0)))
    rounded = signs_of(torch.from_numpy(given)).numpy()
    np.testing.assert_array_equal(unpack_nodes(packed, Layout(width, 0)), rounded)


@given(seeds, counts, st.integers(1, 9), st.integers(0, 6), st.sampled_from([2, 4]))
def test_edges_come_back_in_their_order(
    seed: int, count: int, width: int, edges: int, row_bytes: int
) -> None:
    nodes, neighbours, weights = photos(seed, count, 2, width, edges, 256**row_bytes)
    packed = pack_photos(nodes, neighbours, weights, row_bytes)
    rows, back = unpack_edges(packed, Layout(width, edges, row_bytes))
    np.testing.assert_array_equal(rows, neighbours)
    assert (rows.dtype, back.dtype) == (np.int64, np.float32)
    # Half a step of 1/20 for the edge itself, and as much for what all are divided by.
    np.testing.assert_allclose(back, weights, rtol=np.expm1(0.0501))
    if edges:
        np.testing.assert_allclose(back.sum(1), 1, atol=1e-6)


@given(seeds, counts, st.integers(1, 9), st.integers(0, 6), st.integers(1, 5))
def test_classes_come_back_beside_edges(
    seed: int, count: int, width: int, edges: int, shown: int
) -> None:
    nodes, neighbours, weights = photos(seed, count, 2, width, edges)
    _, classes, shares = photos(seed + 1, count, 1, 1, shown, 1000)
    packed = pack_photos(nodes, neighbours, weights, 2, (classes, shares))
    layout = Layout(width, edges, 2, 65_536, shown, 1000)
    named, back = unpack_classes(packed, layout)
    np.testing.assert_array_equal(named, classes)
    np.testing.assert_allclose(back, shares, rtol=np.expm1(0.0501))
    alone = pack_photos(nodes, neighbours, weights)
    np.testing.assert_array_equal(packed[:, : alone.shape[1]], alone)
    for found, known in (
        (unpack_edges(packed, layout), unpack_edges(alone, Layout(width, edges))),
        ((unpack_nodes(packed, layout),), (unpack_nodes(alone, Layout(width, edges)),)),
    ):
        for one, other in zip(found, known, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_class_that_there_is_not_is_damage() -> None:
    nodes, neighbours, weights = photos(0, 1, 2, 4, 3)
    packed = pack_photos(nodes, neighbours, weights, 2, (np.array([[9, 10]]), np.ones((1, 2))))
    assert unpack_classes(packed, Layout(4, 3, 2, 0, 2, 11))[0].tolist() == [[9, 10]]
    with pytest.raises(DamagedPhotos, match="joined to class 10, expected 0 to 9"):
        unpack_classes(packed, Layout(4, 3, 2, 0, 2, 10))


@given(seeds, st.integers(2, 5), st.integers(1, 9))
def test_a_batch_is_as_one_by_one(seed: int, count: int, width: int) -> None:
    given = photos(seed, count, 3, width, 4)
    packed = pack_photos(*given)
    for row in range(count):
        np.testing.assert_array_equal(
            pack_photos(*(part[row : row + 1] for part in given))[0], packed[row]
        )


@given(seeds, st.integers(1, 9), st.integers(0, 6))
def test_packed_again_it_is_the_same(seed: int, width: int, edges: int) -> None:
    layout = Layout(width, edges)
    packed = pack_photos(*photos(seed, 3, 4, width, edges))
    again = pack_photos(unpack_nodes(packed, layout), *unpack_edges(packed, layout))
    np.testing.assert_array_equal(again, packed)


def test_the_bytes_of_a_photo() -> None:
    nodes = np.array([[[0.0, 0.5, -0.5, 0.5, -0.1, 0.2, 0.2, 0.2, -0.3, 0.1]]], np.float32)
    packed = pack_photos(nodes, np.array([[258, 3]]), np.array([[0.0, 0.5]]))
    # All signs but the third and the fifth of eight; the tenth of the next two, and six zeros; 258
    # and 3, low byte first; nothing, and the largest.
    assert packed.tolist() == [[255 - 4 - 16, 2, 2, 1, 3, 0, 255, 0]]
    rows, weights = unpack_edges(packed, Layout(10, 2))
    assert (rows.tolist(), weights.tolist()) == ([[258, 3]], [[0.0, 1.0]])


def test_the_shipped_models_photos_take_614_bytes() -> None:
    nodes, *edges = photos(0, 1, 26, 128, 50)
    classes = np.zeros((1, 16), int), np.ones((1, 16))
    assert pack_photos(nodes, *edges, 2, classes).shape == (1, 614)


def test_a_large_bank_takes_longer_rows() -> None:
    assert Layout.of(128, 50, 65_536) == (128, 50, 2, 65_536, 0, 0)
    assert Layout.of(128, 50, 65_537) == (128, 50, 4, 65_537, 0, 0)
    assert Layout.of(128, 50, 20, 16, 1000) == (128, 20, 2, 20, 16, 1000)


@pytest.mark.parametrize(
    "packed",
    [
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 6), np.uint8),
        np.zeros((2, 9), np.float16),
        np.zeros((2, 5, 2), np.uint8),
    ],
)
def test_rows_of_another_layout_are_refused(packed: np.ndarray) -> None:
    for unpack in (unpack_nodes, unpack_edges):
        with pytest.raises(ValueError, match=r"expected \(B, P\) uint8 with P = 2 .* and 3 for"):
            unpack(packed, Layout(12, 1))


def test_what_does_not_belong_together_is_refused() -> None:
    nodes, neighbours, weights = photos(0, 2, 3, 4, 5)
    with pytest.raises(ValueError, match=r"nodes \(2, 3, 4\), neighbours \(2, 5\)"):
        pack_photos(nodes, neighbours, weights[:, :4])
    with pytest.raises(ValueError, match="expected 0 to 65535"):
        pack_photos(nodes, neighbours + 65_536, weights)


def test_rows_that_the_bank_does_not_have_are_refused() -> None:
    packed = pack_photos(np.ones((1, 1, 2)), np.array([[6, 2]]), np.ones((1, 2)))
    assert unpack_edges(packed, Layout(2, 2, bank=7))[0].tolist() == [[6, 2]]
    with pytest.raises(DamagedPhotos, match="training photo 6, expected 0 to 5"):
        unpack_edges(packed, Layout(2, 2, bank=6))


def test_weights_are_stored_as_twentieths_of_a_logarithm() -> None:
    weights = 0.5 * np.exp([[0.0, -0.05, -1.0, -1.02, -12.7, -12.74, -12.8, -40.0, -np.inf]])
    packed = pack_photos(np.ones((1, 1, 2)), np.zeros((1, 9), int), weights, 1)
    assert packed[0, -9:].tolist() == [0, 1, 20, 20, 254, 255, 255, 255, 255]
    _, back = unpack_edges(packed, Layout(2, 9, 1))
    wanted = np.exp([0.0, -0.05, -1.0, -1.0, -12.7, -np.inf, -np.inf, -np.inf, -np.inf])
    np.testing.assert_allclose(back[0], wanted / wanted.sum(), rtol=1e-5)


def test_rows_of_four_bytes_have_the_lowest_byte_first() -> None:
    nodes, weights = np.ones((1, 1, 2)), np.ones((1, 1))
    packed = pack_photos(nodes, np.array([[0x04030201]]), weights, 4)
    assert packed[0, -5:].tolist() == [1, 2, 3, 4, 0]
    assert unpack_edges(packed, Layout(2, 1, 4))[0].tolist() == [[0x04030201]]


def test_the_last_row_that_bytes_can_name_is_the_limit() -> None:
    nodes, weights = np.ones((1, 1, 2)), np.ones((1, 1))
    for row_bytes, last in ((1, 255), (2, 65_535), (4, 2**32 - 1)):
        packed = pack_photos(nodes, np.array([[last]]), weights, row_bytes)
        assert unpack_edges(packed, Layout(2, 1, row_bytes))[0].tolist() == [[last]]
        for row in (last + 1, -1):
            with pytest.raises(ValueError, match=f"expected 0 to {last}, .* {row_bytes} bytes"):
                pack_photos(nodes, np.array([[row]]), weights, row_bytes)


@pytest.mark.parametrize(
    ("nodes", "ends", "weights"),
    [((2, 3), (2, 1), (2, 1)), ((2, 3, 4), (3, 1), (3, 1)), ((2, 3, 4), (2, 1), (2, 2))],
)
def test_arrays_that_do_not_belong_together_are_refused(
    nodes: tuple[int, ...], ends: tuple[int, ...], weights: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="expected \\(B, R \\+ 1, Dn\\) and twice"):
        pack_photos(np.ones(nodes), np.zeros(ends, int), np.ones(weights))


def test_what_a_graph_gives_is_packed_with_or_without_classes() -> None:
    nodes, ends, weights = photos(3, 2, 3, 4, 5)
    classes, shares = np.array([[1, 2], [3, 4]]), np.array([[1.0, 0.5], [0.5, 1.0]])
    np.testing.assert_array_equal(
        pack_outputs([nodes, ends, weights], 4), pack_photos(nodes, ends, weights, 4)
    )
    np.testing.assert_array_equal(
        pack_outputs([nodes, ends, weights, classes, shares], 2),
        pack_photos(nodes, ends, weights, 2, (classes, shares)),
    )
