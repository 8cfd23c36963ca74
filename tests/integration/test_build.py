"""Folders of painted photos through the real store, with a model that knows four colours."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexer import BuildReport, build_index
from store import Index, ModelMismatch, QuarantinedFile, SourceError
from tests.fakes import ColourModel, paint


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    paint(folder / "red.png", "red")
    paint(folder / "sub" / "blue.png", "blue")
    return folder


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def build(where: Path, photos: Path, *annotations: Path, batch_size: int = 16) -> BuildReport:
    return build_index(
        where, [photos], ColourModel(), annotations=annotations, batch_size=batch_size
    )


def counts(report: BuildReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.moved, report.removed, report.unchanged


def best(where: Path, colour: int) -> str:
    with Index.open(where) as index:
        ids, _ = index.search(np.eye(4, dtype=np.float32)[colour], 1)
        return os.path.basename(index.photos(ids)[0].path)


def test_indexing_twice_doubles_nothing(where: Path, photos: Path) -> None:
    assert counts(build(where, photos)) == (2, 0, 0, 0, 0)
    assert counts(build(where, photos, batch_size=1)) == (0, 0, 0, 0, 2)
    with Index.open(where) as index:
        assert len(index) == 2
        assert len(index.search(np.ones(4, np.float32), 10)[0]) == 2


def test_a_replaced_photo_keeps_its_id_and_gets_its_new_vector(where: Path, photos: Path) -> None:
    build(where, photos)
    with Index.open(where) as index:
        before = {file.path: image_id for image_id, file in index.files().items()}
    paint(photos / "red.png", "green")
    os.utime(photos / "red.png", ns=(1, 1))
    assert counts(build(where, photos)) == (0, 1, 0, 0, 1)
    assert best(where, 1) == "red.png"
    with Index.open(where) as index:
        assert {file.path: image_id for image_id, file in index.files().items()} == before


def test_a_deleted_photo_is_no_longer_found(where: Path, photos: Path) -> None:
    build(where, photos)
    (photos / "red.png").unlink()
    assert counts(build(where, photos)) == (0, 0, 0, 1, 1)
    assert best(where, 0) == "blue.png"


def test_a_moved_photo_keeps_its_id(where: Path, photos: Path) -> None:
    build(where, photos)
    (photos / "red.png").rename(photos / "sub" / "crimson.png")
    assert counts(build(where, photos)) == (0, 0, 1, 0, 1)
    assert best(where, 0) == "crimson.png"


def test_a_touched_photo_is_unchanged(where: Path, photos: Path) -> None:
    build(where, photos)
    os.utime(photos / "red.png", ns=(1, 1))
    assert counts(build(where, photos)) == (0, 0, 0, 0, 2)


@pytest.mark.parametrize("missing", [True, False], ids=["missing", "empty"])
def test_photos_of_a_source_that_cannot_be_read_stay(
    where: Path, photos: Path, missing: bool
) -> None:
    build(where, photos)
    shutil.rmtree(photos)
    if not missing:
        photos.mkdir()
    with pytest.raises(SourceError, match=str(photos)):
        build(where, photos)
    with Index.open(where) as index:
        assert len(index) == 2


def test_photos_of_a_disk_below_a_source_stay_however_often_it_is_not_mounted(
    where: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = str(photos / "sub")
    with monkeypatch.context() as mounted:
        mounted.setattr(os.path, "ismount", lambda path: str(path) == disk)
        build(where, photos)
    (photos / "sub" / "blue.png").unlink()
    for _ in range(3):
        report = build(where, photos)
        assert (report.removed, report.unreachable) == (0, 1)
    assert build_index(where, [photos], ColourModel(), prune=True).removed == 1


def test_a_source_with_broken_files_alone_is_known(
    where: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "bad.png").write_text("a shopping list", encoding="utf-8")
    build_index(where, [photos, tmp_path / "more"], ColourModel())
    paint(tmp_path / "more" / "bad.png", "green")
    assert build_index(where, [], ColourModel()).added == 1  # all that is known
    (tmp_path / "more" / "bad.png").write_text("a shopping list", encoding="utf-8")
    build_index(where, [], ColourModel())
    shutil.rmtree(tmp_path / "more")
    report = build_index(where, [photos, tmp_path / "more"], ColourModel())
    assert counts(report) == (0, 0, 0, 0, 2)
    with Index.open(where) as index:
        assert len(index.quarantined()) == 1


def test_another_folder_is_added_and_the_first_left_alone(
    where: Path, photos: Path, tmp_path: Path
) -> None:
    build(where, photos)
    (tmp_path / "more").mkdir()
    paint(tmp_path / "more" / "green.png", "green")
    assert counts(build(where, tmp_path / "more")) == (1, 0, 0, 0, 0)
    with Index.open(where) as index:
        assert len(index) == 3


def test_a_broken_file_is_left_out_until_it_changes(where: Path, photos: Path) -> None:
    (photos / "bad.jpg").write_text("a shopping list", encoding="utf-8")
    (photos / "none.jpg").touch()
    names = [str(photos / "bad.jpg"), str(photos / "none.jpg")]
    for expected in ((2, 0, 0, 0, 0), (0, 0, 0, 0, 2)):
        report = build(where, photos)
        assert counts(report) == expected
        assert [path for path, _ in report.quarantined] == names
    (photos / "bad.jpg").unlink()
    paint(photos / "green.png", "green").rename(photos / "none.jpg")
    report = build(where, photos)
    assert (report.added, report.quarantined) == (1, ())


def test_an_indexed_photo_that_breaks_is_no_longer_found(where: Path, photos: Path) -> None:
    build(where, photos)
    (photos / "red.png").write_bytes(b"")
    assert len(build(where, photos).quarantined) == 1
    assert best(where, 0) == "blue.png"


def test_annotations_twice_double_nothing(where: Path, photos: Path, tmp_path: Path) -> None:
    notes = tmp_path / "captions.json"
    images = [{"id": 1, "file_name": "blue.png"}, {"id": 2, "file_name": "gone.png"}]
    said = [{"image_id": 1, "caption": "the sea", "category_id": 5}]
    content = {"images": images, "annotations": said, "categories": [{"id": 5, "name": "boat"}]}
    notes.write_text(json.dumps(content), encoding="utf-8")
    for _ in range(2):
        report = build(where, photos, notes)
        assert (report.annotated, report.missing) == (1, ("gone.png",))
    with Index.open(where) as index:
        said_of = {
            os.path.basename(photo.path): (photo.captions, photo.categories)
            for photo in index.photos(list(index.files()))
        }
    assert said_of == {"red.png": ((), ()), "blue.png": (("the sea",), ("boat",))}


def test_a_bad_annotation_file_stops_before_anything_is_written(
    where: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match="images"):
        build(where, photos, tmp_path / "notes.json")
    assert not where.exists()


def test_another_model_is_refused(where: Path, photos: Path) -> None:
    build(where, photos)
    with pytest.raises(ModelMismatch):
        build_index(where, [photos], ColourModel("0ther"))


@pytest.mark.parametrize("damage", [b"", b"not vectors", None])
def test_damaged_vectors_are_made_anew(where: Path, photos: Path, damage: bytes | None) -> None:
    build(where, photos)
    for file in where.glob("vectors-*.faiss"):
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
    assert best(where, 2) == "blue.png"


def test_files_given_by_name_are_added_and_the_rest_of_their_folder_is_not(
    where: Path, photos: Path, tmp_path: Path
) -> None:
    build(where, photos)
    other = tmp_path / "other"
    other.mkdir()
    files = [paint(other / "one.png", "grey", "grey"), paint(photos / "new.png", "green", "green")]
    paint(other / "two.png", "grey", "grey")
    (photos / "a.png").unlink(missing_ok=True)  # which nobody looks for now
    report = build_index(where, [], ColourModel(), files=files)
    assert (report.added, report.removed, report.unchanged) == (2, 0, 0)
    with Index.open(where) as index:
        assert index.sources()[str(other)] == 1
    assert build_index(where, [], ColourModel(), files=files).unchanged == 2


def test_a_file_that_was_left_out_is_read_again_when_it_is_named(where: Path, photos: Path) -> None:
    build(where, photos)
    with Index.open(where) as index:
        (image_id, file), *_ = index.files().items()
        facts = (file.path, file.source, file.size_bytes, file.mtime_ns)
        index.quarantine([QuarantinedFile(*facts, "not wanted")])
        assert image_id not in index.files()
    assert build(where, photos).added == 0
    assert build_index(where, [], ColourModel(), files=[file.path]).added == 1
    with Index.open(where) as index:
        assert index.quarantined() == []
