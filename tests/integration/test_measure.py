"""`crossgraph measure`: the arithmetic on an index whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer import build_index
from search.cli import main
from search.evaluation.index_recall import measure_recall
from store import Index, QueryError
from tests.integration.colours import ColourModel, paint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an index of three colours, the captions of two of which say another one."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for colour in ("red", "green", "blue"):
        paint(photos / f"{colour}.png", colour)
    build_index(tmp_path / "index", [photos], ColourModel())
    with Index.open(tmp_path / "index") as index:
        ids = {Path(file.path).stem: image_id for image_id, file in index.files().items()}
        said = {"red": ["a red wall"], "green": ["a blue door"], "blue": ["a green hill"]}
        index.put_captions({ids[name]: texts for name, texts in said.items()}, origin="test")
    model = ColourModel()
    monkeypatch.setattr("search.engine.open_index.models_of", lambda *_, **__: (model, model))
    return tmp_path / "index"


def test_a_caption_finds_its_photo_or_does_not(folder: Path) -> None:
    found = measure_recall(folder, 10)
    assert (found.captions, found.photos, found.model) == (3, 3, "colours, none encoders")
    for stage in (found.first_stage, found.reranked):
        assert stage.recall == {1: pytest.approx(1 / 3), 5: 1.0, 10: 1.0}
        assert stage.right == pytest.approx(1 / 3)
        assert 0 < stage.probability <= 1


def test_the_command_prints_lines_and_json(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "--index", str(folder), "--quiet"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[1].startswith("first stage: R@1 33.3, R@5 100.0, R@10 100.0; best hit ")
    assert main(["measure", "--index", str(folder), "--captions", "2", "--json", "--quiet"]) == 0
    assert json.loads(capfd.readouterr().out)["captions"] == 2


def test_an_index_without_captions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    paint(tmp_path / "photos" / "red.png", "red")
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with pytest.raises(QueryError, match="--annotations"):
        measure_recall(tmp_path / "index", 10)
