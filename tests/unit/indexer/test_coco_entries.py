"""Malformed entries of COCO files: each is left out without affecting others, and is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fusion.caption_files import coco_entries
from fusion.caption_files.entry_ids import plain_id
from indexer.sources import CocoSource
from store import SourceError

A = {"id": 1, "file_name": "a.jpg"}
DOG = {"id": 1, "name": "dog"}
SAID = {"image_id": 1, "caption": "a dog"}


def source(tmp_path: Path, **content: Any) -> CocoSource:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"images": [A], "annotations": [SAID], **content}))
    return CocoSource(path)


@pytest.mark.parametrize("one", [1, "1", 1.0, " 1 ", "1.0"], ids=repr)
@pytest.mark.parametrize("other", [1, "1", 1.0], ids=repr)
def test_one_id_is_the_same_however_it_is_written(tmp_path: Path, one: Any, other: Any) -> None:
    found = source(
        tmp_path,
        images=[{"id": one, "file_name": "a.jpg"}],
        annotations=[{"image_id": other, "caption": "a dog", "category_id": one}],
        categories=[{"id": other, "name": "dog"}],
    )
    assert (found.captions, found.categories) == ({"a.jpg": ("a dog",)}, {"a.jpg": ("dog",)})
    assert found.notes == ()


@pytest.mark.parametrize(
    "value", [None, True, "", " ", [], {}, float("nan"), float("inf")], ids=repr
)
def test_what_is_no_id_is_none(value: object) -> None:
    assert plain_id(value) is None


def test_ids_that_only_look_alike_are_different() -> None:
    ids = ["007", 7, "a", "7.5", "1_0", 10, "", 2**70, str(2**70 + 1)]
    assert len({plain_id(value) for value in ids}) == len(ids)
    assert plain_id(str(2**70)) == 2**70


@pytest.mark.parametrize("second", [1, "1", 1.0], ids=repr)
def test_two_photos_of_one_id_get_nothing_and_it_is_told(tmp_path: Path, second: Any) -> None:
    images = [A, {"id": second, "file_name": "b.jpg"}, {"id": 2, "file_name": "c.jpg"}]
    found = source(tmp_path, images=images, annotations=[SAID, {"image_id": 2, "caption": "c"}])
    assert found.captions == {"c.jpg": ("c",)}
    assert "images that share an id: 2 (such as 1)" in found.notes[0]
    assert "annotations of an id that several images share: 1" in found.notes[0]


def test_a_photo_listed_twice_has_what_both_say(tmp_path: Path) -> None:
    images = [A, {"id": 2, "file_name": "a.jpg"}, dict(A)]
    more = {"image_id": 2, "caption": "it runs", "category_id": 1}
    found = source(tmp_path, images=images, annotations=[more, SAID], categories=[DOG])
    assert found.captions == {"a.jpg": ("a dog", "it runs")}
    assert found.categories == {"a.jpg": ("dog",)}
    assert found.file_names == ["a.jpg"]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        (None, ()),
        (7, ()),
        (True, ()),
        ({"x": 1}, ()),
        ("  ", ()),
        ("\ufeffa cat\n", ("a cat",)),
        (["a cat", None, "a pet"], ("a cat", "a pet")),
        ({"raw": "a cat", "tokens": ["a", "cat"]}, ("a cat",)),
    ],
    ids=repr,
)
def test_no_text_is_made_of_what_is_none(
    tmp_path: Path, caption: Any, said: tuple[str, ...]
) -> None:
    found = source(tmp_path, annotations=[{"image_id": 1, "caption": caption}, SAID])
    assert found.captions == {"a.jpg": (*said, "a dog")}
    assert len(found.notes) == (not said)
    assert not found.notes or "captions that are no text: 1" in found.notes[0]


@pytest.mark.parametrize(
    ("entry", "categories", "named"),
    [
        (None, [DOG], ()),
        ("1", [DOG], ("dog",)),
        (1, None, ()),
        (1, [], ()),
        (2, [DOG], ()),
        ([1], [DOG], ()),
        (1, [DOG, {"id": 1, "name": "cat"}], ()),
        (1, [DOG, DOG], ("dog",)),
        (1, [{"id": 1, "name": " "}], ()),
        (1, [{"id": 1}, 7, DOG], ("dog",)),
        (1, [{"id": 1, "name": 7}], ()),
    ],
    ids=repr,
)
def test_a_bad_category_costs_no_caption(
    tmp_path: Path, entry: Any, categories: Any, named: tuple[str, ...]
) -> None:
    about = {**SAID, "category_id": entry}
    found = source(tmp_path, annotations=[about], categories=categories)
    assert (found.captions, found.categories) == ({"a.jpg": ("a dog",)}, {"a.jpg": named})
    assert named or "categories that it does not name: 1" in found.notes[0]


@pytest.mark.parametrize(
    "bad", [None, 7, "x", {}, {"caption": "a cat"}, {"image_id": None}], ids=repr
)
def test_a_bad_annotation_costs_itself(tmp_path: Path, bad: Any) -> None:
    found = source(tmp_path, annotations=[bad, SAID])
    assert found.captions == {"a.jpg": ("a dog",)}
    assert "annotations without a valid image_id: 1" in found.notes[0]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({"id": 2, "coco_url": "http://host/val/42.jpg"}, "http://host/val/42.jpg"),
        ({"id": 2, "file_name": "", "path": "/d/b.jpg"}, "/d/b.jpg"),
        ({"id": 2, "file_name": None}, None),
        ({"file_name": "b.jpg"}, None),
        (None, None),
    ],
    ids=repr,
)
def test_a_photo_without_a_file_name_costs_no_other(
    tmp_path: Path, image: Any, name: str | None
) -> None:
    found = source(tmp_path, images=[image, A])
    assert found.file_names == ([name, "a.jpg"] if name else ["a.jpg"])
    assert found.captions["a.jpg"] == ("a dog",)
    assert len(found.notes) == (name is None)


@pytest.mark.parametrize("large", [2**30, -1])
@pytest.mark.parametrize("size", [10, 3 * 2**20])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_taken_whatever_the_size(
    tmp_path: Path, number: str, size: int, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coco_entries, "LARGE_BYTES", large)
    path = tmp_path / "notes.json"
    said = f'{{"image_id": 1, "caption": "a dog", "area": {number}}}'
    filler = "x" * size
    images = '"images": [{"id": 1, "file_name": "a.jpg"}]'
    path.write_text(f'{{{images}, "annotations": [{said}], "info": "{filler}"}}')
    assert CocoSource(path).captions == {"a.jpg": ("a dog",)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "notes.json"
    content = {"images": [A], "annotations": [{"image_id": 1, "caption": "un café"}]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)
    assert CocoSource(path).captions == {"a.jpg": ("un café",)}


@pytest.mark.parametrize("depth", [5, 300, 900, 100_000])
def test_what_is_nested_without_end_ends_nothing(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "notes.json"
    deep = "[" * depth + '"x"' + "]" * depth
    bad = f'{{"image_id": 1, "caption": {deep}}}, {{"image_id": {deep}}}, {deep}'
    path.write_text(f'{{"images": [{json.dumps(A)}], "annotations": [{bad}, {json.dumps(SAID)}]}}')
    try:
        assert CocoSource(path).captions == {"a.jpg": ("a dog",)}
    except SourceError as error:  # the limit of Python's own reader
        assert "nested too deep" in str(error)
        assert depth > 300


@pytest.mark.parametrize(
    ("annotation", "told", "named"),
    [
        ({"image_id": 1, "segments_info": [{"category_id": 1}, {"category_id": 9}]},
         "its categories were used", ("dog",)),
        ({"image_id": 1, "category_id": 1, "keypoints": [0, 0, 0]},
         "its categories were used", ("dog",)),
        ({"image_id": 1, "dp_I": []}, "neither captions nor categories", ()),
    ],
    ids=["panoptic", "keypoints", "others"],
)  # fmt: skip
def test_files_without_captions_say_so(
    tmp_path: Path, annotation: Any, told: str, named: tuple[str, ...]
) -> None:
    found = source(tmp_path, annotations=[annotation], categories=[DOG])
    assert found.categories == {"a.jpg": named}
    assert any(told in line for line in found.notes)


@pytest.mark.parametrize(
    ("letters", "shown"),
    [(31, '{"a": "' + "x" * 31 + '"}'), (32, '{"a": "' + "x" * 30 + "...")],
)
def test_an_example_is_told_in_forty_letters(tmp_path: Path, letters: int, shown: str) -> None:
    odd = {"image_id": 1, "caption": {"a": "x" * letters}}
    assert len(shown) == 40
    notes = source(tmp_path, annotations=[SAID, odd]).notes
    assert f"captions that are no text: 1 (such as {shown})" in notes[0]


@pytest.mark.parametrize("listed", ["000000000139", "139", 139, "0139"], ids=repr)
@pytest.mark.parametrize("named", ["000000000139", "00139", 139, 139.0], ids=repr)
def test_zeros_in_front_of_an_id_say_nothing_where_one_id_is_that_number(
    tmp_path: Path, listed: Any, named: Any
) -> None:
    found = source(
        tmp_path,
        images=[{"id": listed, "file_name": "a.jpg"}, {"id": 7, "file_name": "b.jpg"}],
        annotations=[{"image_id": named, "caption": "a dog", "category_id": named}],
        categories=[{"id": listed, "name": "dog"}],
    )
    assert (found.captions["a.jpg"], found.categories["a.jpg"]) == (("a dog",), ("dog",))
    assert found.notes == ()


def test_ids_of_one_number_are_told_apart_by_their_zeros_alone(tmp_path: Path) -> None:
    images = [{"id": text, "file_name": f"{text}.jpg"} for text in ("07", "007")]
    said = [{"image_id": each, "caption": str(each)} for each in ("07", "007", 7)]
    found = source(tmp_path, images=images, annotations=said)
    assert found.captions == {"07.jpg": ("07",), "007.jpg": ("007",)}
    assert "annotations of images that it does not list: 1 (such as 7)" in found.notes[0]


@pytest.mark.parametrize("large", [False, True])
def test_a_number_of_thousands_of_digits_costs_its_own_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(coco_entries, "LARGE_BYTES", -1)
    path = tmp_path / "notes.json"
    huge = "9" * 5000
    path.write_text(
        json.dumps({"images": [A, {"id": 0, "file_name": "b.jpg"}], "annotations": [SAID]})
        .replace('"id": 0', f'"id": {huge}')
        .replace('"caption"', f'"area": {huge}, "caption"')
    )
    found = CocoSource(path)
    assert found.captions == {"a.jpg": ("a dog",)}
    assert "images without a valid id: 1" in found.notes[0]


@pytest.mark.parametrize(("start", "packer"), [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "zip")])
@pytest.mark.parametrize("rest", [b"{}", b"\xff\xff"])
def test_a_packed_file_is_told_as_packed(
    tmp_path: Path, start: bytes, packer: str, rest: bytes
) -> None:
    (tmp_path / "notes.json").write_bytes(start + rest)
    with pytest.raises(SourceError, match=rf"it is packed \({packer}\): unpack it first"):
        CocoSource(tmp_path / "notes.json")
