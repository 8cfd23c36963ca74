from pathlib import Path

import numpy as np
import pytest

from store.vectors.flat import FlatIndex


@pytest.fixture
def index() -> FlatIndex:
    index = FlatIndex(2)
    vectors = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], dtype=np.float32)
    index.add(np.array([9, 4, 2, 7]), vectors)
    return index


def test_the_nearest_comes_first_and_equal_ones_by_id(index: FlatIndex) -> None:
    ids, scores = index.search(np.array([3, 1], dtype=np.float32), 10)
    assert ids.tolist() == [2, 7, 9, 4]
    assert scores.tolist() == [3.0, 3.0, 3.0, 1.0]


@pytest.mark.parametrize("k", [0, 1, 2, 3, 4])
def test_equal_scores_at_the_cut_are_chosen_by_id(index: FlatIndex, k: int) -> None:
    ids, _ = index.search(np.array([1, 0], dtype=np.float32), k)
    assert ids.tolist() == [2, 7, 9, 4][:k]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_ids_that_are_passed_over_make_room_for_others(index: FlatIndex, k: int) -> None:
    without = np.array([2, 9, 1000])
    ids, _ = index.search(np.array([1, 0], dtype=np.float32), k, without)
    assert ids.tolist() == [7, 4][:k]


def test_nothing_is_found_in_nothing() -> None:
    ids, scores = FlatIndex(3).search(np.zeros(3, dtype=np.float32), 5)
    assert (len(ids), len(scores)) == (0, 0)


def test_another_width_is_refused(index: FlatIndex) -> None:
    with pytest.raises(ValueError, match=r"\(3,\), expected \(2,\)"):
        index.search(np.zeros(3, dtype=np.float32), 1)
    with pytest.raises(ValueError, match=r"\(1, 3\), expected \(1, 2\)"):
        index.add(np.array([1]), np.zeros((1, 3), dtype=np.float32))


def test_vectors_of_half_precision_keep_their_scores() -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((50, 19)).astype(np.float16).astype(np.float32)
    index = FlatIndex(19)
    index.add(np.arange(50), vectors)
    ids, scores = index.search(np.eye(19, dtype=np.float32)[18], 50)
    assert scores.tolist() == vectors[ids, 18].tolist()


def test_a_file_gives_back_what_was_saved(index: FlatIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "v.faiss")
    loaded = FlatIndex.load(tmp_path / "v.faiss")
    query = np.array([1, 2], dtype=np.float32)
    assert (loaded.dim, len(loaded)) == (2, 4)
    assert loaded.search(query, 4)[0].tolist() == index.search(query, 4)[0].tolist()


def test_it_holds_what_was_added_at_the_width_that_is_searched(index: FlatIndex) -> None:
    ((ids, vectors),) = index.padded_blocks()
    assert ids.tolist() == [9, 4, 2, 7]
    assert vectors.shape == (4, 16)
    assert vectors[:, :2].tolist() == [[1, 0], [0, 1], [1, 0], [1, 0]]
