"""Two photos, east and north by the old model; vectors of the new model have three numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from store import Index, IndexBusy, ModelMismatch, PhotoFile, QuarantinedFile, Reembedding
from store.types import ModelInfo

EAST = np.array([1, 0], dtype=np.float32)
NEW = np.array([[0, 0, 1], [0, 0, 2]], dtype=np.float32)
NODES = np.zeros((2, 1, 4), dtype=np.float16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[Index]:
    with Index.create(folder, "old", 2, model="m") as index:
        put(index, "a.jpg", EAST)
        put(index, "b.jpg", np.array([0, 1]))
        index.finish()
        yield index


def put(index: Index, name: str, vector: NDArray[np.floating]) -> int:
    file = PhotoFile(f"/photos/{name}", "/photos", 1, 2, "00", 3, 4)
    return index.put_images([file], vector[None].astype(np.float32), NODES[:1, :, :2])[0]


def begun(index: Index, fingerprint: str = "new") -> Reembedding:
    return Reembedding(index, ModelInfo(fingerprint, 3, "n", "e", 2))


def test_the_old_model_answers_until_the_new_one_takes_over(folder: Path, index: Index) -> None:
    new = begun(index)
    new.put([1, 2], NEW, NODES)
    assert index.search(EAST, 1)[0].tolist() == [1]
    with Index.open(folder) as reader:
        new.switch()
        assert index.search(np.array([0, 0, 1], np.float32), 1)[0].tolist() == [2]
        assert (index.model.fingerprint, index.model.dim, index.model.unit_dim) == ("new", 3, 2)
        for ask in (
            lambda: reader.search(EAST, 1),
            lambda: reader.vectors([1]),
            lambda: reader.nodes([1]),
            lambda: reader.photos([1]),
        ):
            with pytest.raises(ModelMismatch, match=r"embedded again.*open it again"):
                ask()
    with Index.open(folder, fingerprint="new") as again:
        assert again.vectors([1, 2]).tolist() == NEW.tolist()
        assert again.nodes([1, 2]).shape == (2, 1, 4)
    assert len(list(folder.glob("vectors-*"))) == 1


def test_a_writer_that_was_open_before_is_refused(folder: Path, index: Index) -> None:
    index.close()
    with Index.open(folder) as late:
        with Index.open(folder) as first:
            new = begun(first)
            new.put([1, 2], NEW, NODES)
            new.switch()
        with pytest.raises(ModelMismatch):
            put(late, "c.jpg", EAST)
        with pytest.raises(ModelMismatch):
            late.finish()


def test_no_photo_may_be_without_an_embedding(index: Index) -> None:
    new = begun(index)
    new.put([2], NEW[:1], NODES[:1])
    assert list(new.missing()) == [1]
    with pytest.raises(ValueError, match="1 photos have no embedding"):
        new.switch()
    assert index.search(EAST, 1)[0].tolist() == [1]


def test_what_was_done_is_kept_and_what_a_third_model_began_is_dropped(
    folder: Path, index: Index
) -> None:
    begun(index).put([1], NEW[:1], NODES[:1])
    assert list(begun(index).missing()) == [2]
    assert list(begun(index, "third").missing()) == [1, 2]
    assert list(begun(index).missing()) == [1, 2]


def test_what_changes_meanwhile_is_embedded_again(index: Index) -> None:
    new = begun(index)
    new.put([1, 2], NEW, NODES)
    put(index, "a.jpg", np.array([5, 5]))
    index.quarantine([QuarantinedFile("/photos/b.jpg", "/photos", 0, 9, "no photo")])
    assert put(index, "c.jpg", EAST) == 3
    assert list(new.missing()) == [1, 3]


def test_the_model_that_answers_and_vectors_of_another_width_are_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="already"):
        begun(index, "old")
    with pytest.raises(ValueError, match=r"expected \(2, 3\)"):
        begun(index).put([1, 2], NEW[:, :2], NODES)


def test_another_writer_is_told_of(folder: Path, index: Index) -> None:
    with Index.open(folder) as other, pytest.raises(IndexBusy):
        begun(other)


def test_a_full_disk_leaves_the_old_model_answering(
    folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = begun(index)
    new.put([1, 2], NEW, NODES)
    with monkeypatch.context() as full:

        def refuse(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        full.setattr("store.vectors.cache.write_generation", refuse)
        with pytest.raises(OSError, match="No space"):
            new.switch()
    assert index.search(EAST, 1)[0].tolist() == [1]
    new.switch()
    assert index.model.fingerprint == "new"
