"""COCO files give the same entries and problems, whether read as a whole or entry by entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fusion.caption_files import coco_entries
from indexer.sources import CocoSource
from tests.unit.indexer.test_coco_entries import SAID, A, source


def test_a_file_above_32_mib_is_read_entry_by_entry() -> None:
    assert coco_entries.LARGE_BYTES == 33_554_432


def test_every_photo_that_shares_an_id_is_counted(tmp_path: Path) -> None:
    images = [A, *({"id": 1, "file_name": f"{n}.jpg"} for n in range(2)), dict(A)]
    notes = source(tmp_path, images=[*images, {"id": 2, "file_name": "c.jpg"}]).notes
    assert "images that share an id: 3 (such as 1)" in notes[0]


@pytest.mark.parametrize("large", [coco_entries.LARGE_BYTES, -1])
def test_a_file_that_turns_out_to_be_no_utf_8_is_counted_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(coco_entries, "LARGE_BYTES", large)
    path = tmp_path / "notes.json"
    images = json.dumps([A, {"id": 1, "file_name": "b.jpg"}, {"id": 2, "file_name": "c.jpg"}])
    said = '[{"image_id": 2, "caption": "un café"}]'
    text = f'{{"images": {images}, "info": "{"x" * 2**20}", "annotations": {said}}}'
    path.write_text(text, encoding="cp1252")
    found = CocoSource(path)
    assert found.captions == {"c.jpg": ("un café",)}
    assert "images that share an id: 2 (such as 1)" in found.notes[0]


@pytest.mark.parametrize("large", [coco_entries.LARGE_BYTES, -1])
def test_of_two_lists_of_one_name_the_last_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(coco_entries, "LARGE_BYTES", large)
    path = tmp_path / "notes.json"
    said = '"annotations": [{"image_id": 1, "caption": "%s"}]'
    path.write_text(
        f'{{"images": [{{"id": 1, "file_name": "b.jpg"}}], {said % "old"}, '
        f'"images": [{{"id": 1, "file_name": "a.jpg"}}], {said % "new"}}}'
    )
    assert CocoSource(path).captions == {"a.jpg": ("new",)}
    assert CocoSource(path).notes == ()


@pytest.mark.parametrize("large", [coco_entries.LARGE_BYTES, -1])
def test_of_two_lists_of_images_the_last_counts_with_its_own_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(coco_entries, "LARGE_BYTES", large)
    path = tmp_path / "notes.json"
    twice = json.dumps([A, {"id": 1, "file_name": "b.jpg"}])
    path.write_text(
        f'{{"images": {twice}, "images": [{json.dumps(A)}], "annotations": [{json.dumps(SAID)}]}}'
    )
    assert CocoSource(path).captions == {"a.jpg": ("a dog",)}
