"""Captions files are read by training under the same rules as by indexing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from fusion.data.collection import CollectionError, left_out_of, read_captions


def collection_at(folder: Path, names: list[str], images: Any, said: Any) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    notes = folder / "notes.json"
    notes.write_text(json.dumps({"images": images, "annotations": said}))
    return notes


def test_odd_entries_cost_themselves_alone(tmp_path: Path) -> None:
    names = ["a.jpg", "b c.jpg", normalize("NFD", "ü.jpg"), "d.jpg", "e.jpg"]
    images = [
        {"id": "1", "file_name": "a.jpg"},
        {"id": 2.0, "file_name": "b%20c.jpg"},
        {"id": 3, "file_name": normalize("NFC", "ü.jpg")},
        {"id": 4, "file_name": "d.jpg"}, {"id": 4, "file_name": "e.jpg"},
        {"id": 5, "file_name": "gone.jpg"}, {"id": 6, "file_name": "a.jpg"}, {"id": 7}, None,
    ]  # fmt: skip
    said = [
        {"id": 10, "image_id": 6, "caption": "six"},
        {"id": 11, "image_id": 1, "caption": "one"},
        {"id": 12, "image_id": "2", "caption": "two"},
        {"id": 13, "image_id": 3, "caption": "three"},
        {"id": 14, "image_id": 4, "caption": "of nobody knows which"},
        {"id": 15, "image_id": 5, "caption": "gone"},
        {"id": 16, "image_id": 1, "caption": None}, {"caption": "x"}, 7,
    ]  # fmt: skip
    found = read_captions(collection_at(tmp_path, names, images, said), tmp_path)
    assert [path.name for path in found.paths] == names[:3]
    assert found.image_ids == [1, 2, 3]
    assert found.texts == ["six", "one", "two", "three"]  # in the order of the file
    assert found.photo_rows == [0, 0, 1, 2]
    assert found.caption_ids == [10, 11, 12, 13]
    assert "captions that are no text: 1" in found.notes[0]
    assert found.notes[1].endswith(f"1 photos are not in {tmp_path}, such as gone.jpg")


def test_what_is_left_out_is_told_once_for_each_collection(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"}]
    said = [{"id": 1, "image_id": 1, "caption": "a dog"}, {"id": 2, "image_id": 9, "caption": "x"}]
    odd = tmp_path, collection_at(tmp_path, ["a.jpg"], images, said)
    (tmp_path / "sound").mkdir()
    sound = tmp_path / "sound", collection_at(tmp_path / "sound", ["a.jpg"], images, said[:1])
    (line,) = left_out_of([odd, sound, odd])
    assert line == f"{odd[1]}: left out annotations of images that it does not list: 1 (such as 9)"


@pytest.mark.parametrize("ids", [["a", "b"], [2**70, 1], [None, 5]], ids=repr)
def test_ids_that_are_no_numbers_are_counted(tmp_path: Path, ids: list[Any]) -> None:
    images = [{"id": n, "file_name": "a.jpg"} for n in ("x",)]
    said = [{"id": own, "image_id": "x", "caption": f"a {own}"} for own in ids]
    found = read_captions(collection_at(tmp_path, ["a.jpg"], images, said), tmp_path)
    assert (found.image_ids, found.caption_ids) == ([1], [1, 2])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": [], "annotations": []}', "{x"])
def test_what_is_none_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    notes = tmp_path / "notes.json"
    notes.write_text(text)
    with pytest.raises(CollectionError, match=r"notes\.json") as caught:
        read_captions(notes, tmp_path)
    assert "\n" not in str(caught.value)
