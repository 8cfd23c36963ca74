from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from indexer.sources import CocoSource, FolderSource
from store import SourceError

IMAGES = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}]


def coco(folder: Path, **content: object) -> Path:
    path = folder / "notes.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_photos_at_any_depth_by_suffix(tmp_path: Path) -> None:
    for name in ("b.JPG", "sub/deep/a.png", "notes.txt", ".hidden/c.jpg", "._b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [os.path.relpath(file.path, tmp_path) for file in FolderSource(tmp_path).files()]
    assert found == ["b.JPG", os.path.join("sub", "deep", "a.png")]


def test_a_linked_photo_keeps_its_name_and_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "real.jpg").write_bytes(b"x")
    (tmp_path / "photos" / "link.jpg").symlink_to(tmp_path / "real.jpg")
    (tmp_path / "photos" / "circle").symlink_to(tmp_path / "photos")
    found = [file.path for file in FolderSource(tmp_path / "photos").files()]
    assert found == [str(tmp_path / "photos" / "link.jpg")]


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_a_source_without_photos_is_refused(tmp_path: Path, kind: str) -> None:
    source = tmp_path / kind
    if kind == "empty":
        source.mkdir()
    elif kind == "file":
        source.write_bytes(b"x")
    with pytest.raises(SourceError, match=str(source)):
        FolderSource(source).files()


def test_captions_and_categories_by_file_name(tmp_path: Path) -> None:
    notes = [
        {"id": 1, "image_id": 1, "caption": "a dog "},
        {"id": 2, "image_id": 1, "caption": "a pet"},
        {"id": 3, "image_id": 1, "category_id": 7},
        {"id": 4, "image_id": 1, "category_id": 7},
    ]
    source = CocoSource(
        coco(tmp_path, images=IMAGES, annotations=notes, categories=[{"id": 7, "name": "dog"}])
    )
    assert source.captions == {"a.jpg": ("a dog", "a pet"), "b.jpg": ()}
    assert source.categories == {"a.jpg": ("dog",), "b.jpg": ()}


def test_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CocoSource(coco(tmp_path, images=IMAGES, annotations=[]))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{not json", "not JSON"),
        ("[]", "holds a list"),
        ("null", "holds a NoneType"),
        ('{"annotations": []}', 'lacks "images"'),
        ('{"images": []}', 'lacks "annotations"'),
        ('{"images": {}, "annotations": []}', '"images" is no list'),
        ('{"images": [{"id": 1}], "annotations": []}', 'a valid "id" and a "file_name"'),
        ('{"images": [], "annotations": [{"caption": "x"}]}', 'has an "image_id"'),
        ('{"images": [], "annotations": [], "categories": {}}', '"categories" is no list'),
    ],
)
def test_what_is_no_coco_file_is_refused_in_one_line(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "notes.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=reason) as caught:
        CocoSource(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("notes.json", "none.json"):
        with pytest.raises(SourceError, match=name):
            CocoSource(tmp_path / name)
