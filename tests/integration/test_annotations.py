"""What annotation files, tars and walks say comes into the index, and is mended in older ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from indexer import BuildReport, build_index, plan_index
from indexer.changes.reading_state import READER
from store import Index
from store.photo_names import base_name
from tests.fakes import ColourModel, paint
from tests.made_shards import painted, write_tar


class Counting(ColourModel):
    """Counts the photos that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded = 0

    def embed_images(self, images: Any) -> Any:
        self.embedded += len(images)
        return super().embed_images(images)


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def photos_at(root: Path, *names: str) -> Path:
    for number, name in enumerate(names, 1):  # no two alike: one of them would have moved
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        paint(root / name, *["red"] * number)
    return root


def notes_at(path: Path, images: dict[Any, str], *said: tuple[Any, str]) -> Path:
    content = {
        "images": [{"id": number, "file_name": name} for number, name in images.items()],
        "annotations": [{"image_id": number, "caption": text} for number, text in said],
    }
    path.write_text(json.dumps(content))
    return path


def said_of(where: Path) -> dict[str, tuple[str, ...]]:
    with Index.open(where) as index:
        return {base_name(each.path): each.captions for each in index.photos(list(index.files()))}


def build(where: Path, source: Path, *notes: Path, **options: Any) -> BuildReport:
    return build_index(where, [source], ColourModel(), annotations=notes, **options)


def test_names_that_fall_on_one_photo_give_it_nothing(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "b.png")
    images = {1: "x/a.png", 2: "y/a.png", 3: "b.png", 4: "old/b.png"}
    said = [(1, "of x"), (2, "of y"), (3, "of b"), (4, "of an old b")]
    report = build(where, photos, notes_at(tmp_path / "n.json", images, *said))
    assert said_of(where) == {"a.png": (), "b.png": ("of b",)}
    assert (report.annotated, report.missing) == (1, ())
    assert "3 names match a photo that another name also matches" in report.notes[0]


def test_all_names_that_are_the_path_of_a_photo_speak_of_it(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a b.png")
    images = {1: "a b.png", 2: "a%20b.png", 3: "./a b.png", 4: str(photos / "a b.png")}
    notes = notes_at(tmp_path / "n.json", images, *((n, f"said {n}") for n in images))
    assert build(where, photos, notes).annotated == 1
    assert said_of(where) == {"a b.png": ("said 1", "said 2", "said 3", "said 4")}


def test_annotated_counts_what_was_written(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "b.png")
    notes = notes_at(tmp_path / "n.json", {1: "a.png", 2: "b.png"}, (1, "a dog"), (2, " "))
    assert build(where, photos, notes).annotated == 1


def test_what_a_file_says_no_longer_is_taken_back_where_it_was_looked_for(
    where: Path, tmp_path: Path
) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "b.png")
    other = photos_at(tmp_path / "q", "c.png")
    path = tmp_path / "n.json"
    images = {1: "a.png", 2: "b.png", 3: "c.png"}
    notes_at(path, images, (1, "one"), (2, "two"), (3, "three"))
    build_index(where, [photos, other], ColourModel(), annotations=[path])
    assert said_of(where) == {"a.png": ("one",), "b.png": ("two",), "c.png": ("three",)}
    notes_at(path, {1: "a.png"}, (1, "one"))
    build(where, photos, path)  # which leaves the other folder alone
    assert said_of(where) == {"a.png": ("one",), "b.png": (), "c.png": ("three",)}


def as_read_before(where: Path, captions: dict[str, str], origin: str) -> None:
    """Make an index as one that an earlier version filled, with captions of its own."""
    with Index.open(where) as index:
        ids = {base_name(file.path): number for number, file in index.files().items()}
        index.put_captions({ids[n]: (text,) for n, text in captions.items()}, origin=origin)
        index.put_fact("source_reader", READER - 1)


def test_captions_that_an_earlier_version_put_wrong_are_mended(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "b.png", "c.png")
    members = {"Photo 2.0 d.png": painted("red"), "Photo 2.0 e.png": painted("blue"),
               "Photo 2.0 d.txt": b"of d"}  # fmt: skip
    write_tar(photos / "x.tar", members)
    path = tmp_path / "n.json"
    path.write_text(json.dumps({
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"},
                   {"id": "2", "file_name": "c.png"}],
        "annotations": [{"image_id": 1, "caption": "of one"}, {"image_id": 2, "caption": "of c"},
                        {"image_id": 2, "caption": None}],
    }))  # fmt: skip
    build(where, photos, path)
    sound = {"a.png": (), "b.png": (), "c.png": ("of c",), "Photo 2.0 d.png": ("of d",),
             "Photo 2.0 e.png": ()}  # fmt: skip
    assert said_of(where) == sound
    as_read_before(where, {"b.png": "of one", "c.png": "None"}, str(path))
    as_read_before(where, dict.fromkeys(["Photo 2.0 d.png", "Photo 2.0 e.png"], "of d"), "!")
    assert said_of(where) != sound
    model = Counting()
    report = build_index(where, [], model)  # as it is run every day, without the file
    assert said_of(where) == sound
    assert (model.embedded, report.unchanged, report.added, report.updated) == (0, 5, 0, 0)
    assert plan_index(where, []).unchanged == 5
    with Index.open(where) as index:
        assert index.fact("source_reader") == READER


def test_only_a_run_over_all_sources_counts_as_having_read_them(
    where: Path, tmp_path: Path
) -> None:
    first, second = (photos_at(tmp_path / name, f"{name}.png") for name in "pq")
    build_index(where, [first, second], ColourModel())
    as_read_before(where, {}, "x")
    build(where, first)
    with Index.open(where) as index:
        assert index.fact("source_reader") == READER - 1
    build_index(where, [], ColourModel())
    with Index.open(where) as index:
        assert index.fact("source_reader") == READER


def test_an_annotation_file_that_was_damaged_since_stops_nothing(
    where: Path, tmp_path: Path
) -> None:
    photos = photos_at(tmp_path / "p", "a.png")
    notes = notes_at(tmp_path / "n.json", {1: "a.png"}, (1, "a dog"))
    build(where, photos, notes)
    as_read_before(where, {}, "x")
    notes.write_text("{")
    report = build_index(where, [], ColourModel())
    assert [line for line in report.notes if "n.json is no COCO file" in line]
    assert said_of(where) == {"a.png": ("a dog",)}


def test_what_is_passed_over_is_remembered(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "@eaDir/b.png")
    (photos / "c.psd").write_bytes(b"x")
    write_tar(tmp_path / "p" / "x.tar", {"d.png": painted("red"), "e.psd": b"x", "f.mov": b"x"})
    wanted = {".psd": 2, ".mov": 1, "@eaDir/": 1}
    for _ in range(2):  # the second time the tar is not opened
        assert build(where, photos).passed_over == wanted
        with Index.open(where) as index:
            assert index.passed_over() == wanted
    (photos / "c.psd").unlink()
    (photos / "x.tar").unlink()
    assert build(where, photos).passed_over == {"@eaDir/": 1}


def test_patterns_are_remembered_until_others_are_given(where: Path, tmp_path: Path) -> None:
    photos = photos_at(tmp_path / "p", "a.png", "thumbs/b.png", "@eaDir/c.png")
    assert build(where, photos, exclude=["thumbs"], include=["@eaDir"]).added == 2
    assert (build(where, photos).unchanged, len(plan_index(where, [photos]).new)) == (2, 0)
    assert len(plan_index(where, [photos], exclude=[""]).new) == 1
    report = build(where, photos, exclude=[""], include=[""])
    assert (report.added, report.removed) == (1, 1)
    assert set(said_of(where)) == {"a.png", "b.png"}


@pytest.mark.parametrize("members", [{}, {"a.txt": b"x", "b.mov": b"x"}])
def test_a_tar_without_photos_is_told_where_it_was_asked_for(
    where: Path, tmp_path: Path, members: dict[str, bytes]
) -> None:
    tar = write_tar(tmp_path / "x.tar", members)
    for _ in range(2):
        [(path, reason)] = build(where, tar).quarantined
        assert (path, reason.startswith("it holds no photos; looked in it for")) == (str(tar), True)
        assert ("passed over: 1 .mov" in reason) == bool(members)
    write_tar(tar, {"a.png": painted("red")})
    report = build(where, tar)
    assert (report.added, report.quarantined) == (1, ())
    photos = photos_at(tmp_path / "p", "a.png")
    write_tar(photos / "y.tar", members)  # which may be anything
    assert build(tmp_path / "other.index", photos).quarantined == ()
