"""The manifest of a folder of shards, and when the folder is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.bulk.manifest import open_manifest, read_manifest
from store import ModelMismatch, SourceError
from tests.fakes import ColourModel


def test_it_comes_back_and_keeps_its_chunks(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    made = open_manifest(out, ColourModel(), 64)
    assert (made.chunk_photos, made.dim) == (64, 4)
    assert read_manifest(out) == made
    assert open_manifest(out, ColourModel(), 255) == open_manifest(out, ColourModel(), 32) == made
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_a_folder_that_began_with_few_photos_gets_larger_chunks(tmp_path: Path) -> None:
    open_manifest(tmp_path, ColourModel(), 64)
    assert open_manifest(tmp_path, ColourModel(), 256).chunk_photos == 256
    assert read_manifest(tmp_path).chunk_photos == 256


def test_shards_of_another_model_are_refused_in_one_line(tmp_path: Path) -> None:
    open_manifest(tmp_path, ColourModel(), 64)
    with pytest.raises(ModelMismatch, match=r"shards of model colours \(c0104a5\), this is"):
        open_manifest(tmp_path, ColourModel("f00"), 64)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"format": 1}', '{"format": 1, "new": 1}']
)
def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(SourceError, match=r"manifest\.json is no manifest of shards"):
        read_manifest(tmp_path)


def test_a_folder_without_one_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no shards.*crossgraph shards write"):
        read_manifest(tmp_path)


def test_one_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    open_manifest(tmp_path, ColourModel(), 64)
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 2, "new": 1}))
    with pytest.raises(SourceError, match=r"is of format 2, this version reads 1"):
        read_manifest(tmp_path)
