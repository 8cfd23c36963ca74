from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from store import (
    Index,
    IndexBusy,
    IndexDamaged,
    IndexExists,
    IndexNotFound,
    ModelMismatch,
    Photo,
    PhotoFile,
    QuarantinedFile,
    QueryError,
)
from store import merge as module
from store.integrity.verify import verify
from store.merge import Merged, merge

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]


def photo(path: str, source: str = "/photos") -> PhotoFile:
    return PhotoFile(path, source, 10, 20, "00", 640, 480)


def make(
    folder: Path,
    photos: Mapping[str, list[float]],
    *,
    source: str = "/photos",
    fingerprint: str = "f1",
    broken: Sequence[str] = (),
) -> Path:
    with Index.create(folder, fingerprint, 2, model=f"model {fingerprint}", unit_dim=2) as index:
        vectors = np.array(list(photos.values()), dtype=np.float32).reshape(-1, 2)
        nodes = np.stack([np.full((3, 2), vector[0], np.float16) for vector in photos.values()])
        index.put_images([photo(path, source) for path in photos], vectors, nodes)
        index.quarantine([QuarantinedFile(path, source, 0, 30, "empty") for path in broken])
        index.finish()
    return folder


@pytest.fixture
def first(tmp_path: Path) -> Path:
    found = make(tmp_path / "a", {"/photos/1.jpg": EAST, "/photos/in/2.jpg": NORTH})
    with Index.open(found) as index:
        index.put_captions({1: ["one", "uno"]}, origin="captions.json")
        index.put_captions({2: ["two"]}, origin="captions.json")
        index.put_mounts({"/photos": ["/photos/in"]})
        index.put_recall_queries(np.eye(1, 2, dtype=np.float32))
    return found


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """Return an index that also has 2.jpg, from a source further down and with another vector."""
    photos = {"/photos/in/0.jpg": WEST, "/photos/in/2.jpg": EAST}
    found = make(tmp_path / "b", photos, source="/photos/in", broken=["/photos/in/x.jpg"])
    with Index.open(found) as index:
        index.put_captions({2: ["zwei", "deux"]}, origin="captions.json")
        index.put_captions({2: ["dos"]}, origin="more.json")
        index.put_categories({1: ["zero"], 2: ["number"]}, origin="instances.json")
    return found


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "c"


def test_a_path_in_both_is_taken_once_from_the_first(first: Path, second: Path, into: Path) -> None:
    assert merge([first, second], into) == Merged(images=3, doubles=1, quarantined=1)
    assert verify(into).problems == ()
    assert verify(into).file
    with Index.open(into, fingerprint="f1") as index:
        assert [file.path for file in index.files().values()] == [
            "/photos/1.jpg",
            "/photos/in/2.jpg",
            "/photos/in/0.jpg",
        ]
        assert index.vectors([1, 2, 3]).tolist() == [EAST, NORTH, WEST]
        assert index.nodes([1, 2, 3])[:, 0, 0].tolist() == [1, 0, -1]
        assert index.search(np.array(WEST, np.float32), 1)[0].tolist() == [3]
        assert (index.model.name, index.model.unit_dim) == ("model f1", 2)


def test_what_is_said_of_photos_is_kept_by_who_said_it(
    first: Path, second: Path, into: Path
) -> None:
    merge([first, second], into)
    with Index.open(into) as index:
        assert index.photos([1, 2, 3]) == [
            Photo(1, "/photos/1.jpg", ("one", "uno")),
            Photo(2, "/photos/in/2.jpg", ("two", "dos"), ("number",)),
            Photo(3, "/photos/in/0.jpg", (), ("zero",)),
        ]
        index.put_captions({2: []}, origin="captions.json")
        assert index.photos([2])[0].captions == ("dos",)


def test_folders_disks_and_vectors_of_captions_come_along(
    first: Path, second: Path, into: Path
) -> None:
    merge([second, first], into)
    with Index.open(into) as index:
        assert index.sources() == {"/photos": 1, "/photos/in": 2}
        assert index.mounts("/photos") == ("/photos/in",)
        assert index.has_recall_queries()


def test_what_one_could_read_is_not_left_out(tmp_path: Path, into: Path) -> None:
    parts = [
        make(tmp_path / "a", {"/photos/1.jpg": EAST}, broken=["/photos/2.jpg", "/photos/3.jpg"]),
        make(tmp_path / "b", {"/photos/2.jpg": EAST}, broken=["/photos/1.jpg", "/photos/3.jpg"]),
    ]
    assert merge(parts, into) == Merged(images=2, doubles=0, quarantined=1)
    assert verify(into).problems == ()
    with Index.open(into) as index:
        assert [bad.path for bad in index.quarantined()] == ["/photos/3.jpg"]


def test_the_parts_stay_as_they_are(first: Path, second: Path, into: Path) -> None:
    before = [verify(first), verify(second)]
    merge([first, second], into)
    assert [verify(first), verify(second)] == before


def test_ids_beyond_those_of_a_page_are_all_copied(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.sqlite.id_pages.ROWS_AT_ONCE", 2)
    names = [f"/photos/{number}.jpg" for number in range(7)]
    parts = [
        make(tmp_path / "a", dict.fromkeys(names[:4], EAST)),
        make(tmp_path / "b", dict.fromkeys(names[2:], EAST)),
    ]
    told: list[tuple[int, int, str]] = []
    merged = merge(parts, into, progress=lambda *news: told.append(news))
    assert merged == Merged(images=7, doubles=2, quarantined=0)
    assert told == [(2, 9, "a"), (4, 9, "a"), (6, 9, "b"), (8, 9, "b"), (9, 9, "b")]


def test_two_models_are_refused_by_name(first: Path, tmp_path: Path, into: Path) -> None:
    other = make(tmp_path / "other", {"/photos/9.jpg": EAST}, fingerprint="f2")
    with pytest.raises(ModelMismatch, match=r"model f1 \(f1\).*model f2 \(f2\)"):
        merge([first, other], into)
    assert not into.exists()


def test_nothing_is_written_over(first: Path, second: Path, into: Path) -> None:
    into.mkdir()
    (into / "diary.txt").touch()
    with pytest.raises(IndexExists, match="not empty"):
        merge([first, second], into)
    with pytest.raises(IndexExists):
        merge([first, second], first)
    (into / "diary.txt").unlink()
    assert merge([first, second], into).images == 3


def test_each_index_is_there_and_given_once(first: Path, tmp_path: Path, into: Path) -> None:
    with pytest.raises(QueryError, match="given twice"):
        merge([first, tmp_path / "." / "a"], into)
    with pytest.raises(QueryError, match="no index"):
        merge([], into)
    with pytest.raises(IndexNotFound):
        merge([first, tmp_path / "nowhere"], into)


def test_a_merge_that_fails_leaves_nothing(
    first: Path, second: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_finish", fail)
        with pytest.raises(KeyboardInterrupt):
            merge([first, second], into)
    assert sorted(path.name for path in into.parent.iterdir()) == ["a", "b"]


def test_what_a_killed_merge_left_is_taken_away_by_the_next(
    first: Path, second: Path, into: Path
) -> None:
    left = make(into.with_name("c.merging"), {"/photos/other.jpg": EAST})
    assert merge([first, second], into).images == 3
    assert not left.exists()


def test_two_merges_into_one_folder_are_refused(first: Path, second: Path, into: Path) -> None:
    with Index.create(into.with_name("c.merging"), "f1", 2) as at_work:
        with pytest.raises(IndexBusy):
            merge([first, second], into)
        assert len(at_work) == 0


@pytest.mark.parametrize(
    "damage", ["DELETE FROM nodes_1 WHERE image_id = 1", "UPDATE vectors_1 SET vector = x'00'"]
)
def test_a_part_that_lacks_an_embedding_is_named(
    first: Path, second: Path, into: Path, damage: str
) -> None:
    with Index.open(second) as index, index.writing() as catalog:
        catalog.execute(damage)
    with pytest.raises(IndexDamaged, match=f"{second}.*verify"):
        merge([first, second], into)
    assert not into.exists()
