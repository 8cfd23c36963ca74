from pathlib import Path

import faiss
import numpy as np
import pytest

from store.flat import FlatIndex


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


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_equal_scores_at_the_cut_are_chosen_by_id(index: FlatIndex, k: int) -> None:
    ids, _ = index.search(np.array([1, 0], dtype=np.float32), k)
    assert ids.tolist() == [2, 7, 9, 4][:k]


def test_nothing_is_found_in_nothing() -> None:
    ids, scores = FlatIndex(3).search(np.zeros(3, dtype=np.float32), 5)
    assert (len(ids), len(scores)) == (0, 0)


def test_another_width_is_refused(index: FlatIndex) -> None:
    with pytest.raises(ValueError, match=r"\(3,\), expected \(2,\)"):
        index.search(np.zeros(3, dtype=np.float32), 1)
    with pytest.raises(ValueError, match=r"\(1, 3\), expected \(1, 2\)"):
        index.add(np.array([1]), np.zeros((1, 3), dtype=np.float32))


def test_a_file_gives_back_what_was_saved(index: FlatIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "v.faiss")
    loaded = FlatIndex.load(tmp_path / "v.faiss")
    query = np.array([1, 2], dtype=np.float32)
    assert (loaded.dim, len(loaded)) == (2, 4)
    assert loaded.search(query, 4)[0].tolist() == index.search(query, 4)[0].tolist()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.faiss").write_text("not vectors", encoding="utf-8")
    with pytest.raises(ValueError, match="no FAISS index"):
        FlatIndex.load(tmp_path / "text.faiss")
    faiss.write_index(faiss.IndexFlatL2(2), str(tmp_path / "distances.faiss"))
    with pytest.raises(ValueError, match="expected IndexIDMap2"):
        FlatIndex.load(tmp_path / "distances.faiss")


def test_a_folder_that_is_not_there_is_an_os_error(index: FlatIndex, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        index.save(tmp_path / "missing" / "v.faiss")


def test_a_copy_goes_to_the_gpus_where_there_are_some(
    index: FlatIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[object] = []

    def to_gpus(held: object) -> object:
        copies.append(held)
        return held

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", to_gpus, raising=False)
    query = np.array([1, 0], dtype=np.float32)
    for _ in range(2):
        assert index.search(query, 1)[0].tolist() == [2]
    assert len(copies) == 1
    index.add(np.array([1]), np.array([[1, 0]], dtype=np.float32))
    assert index.search(query, 1)[0].tolist() == [1]
    assert len(copies) == 2
