from __future__ import annotations

import json
from pathlib import Path

import pytest

from fusion.runtime.clip.known_models import KNOWN_MODELS
from fusion.runtime.model_errors import WeightsNotFound
from search.cli import main


def test_listed_models_stand_one_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 1 + len(KNOWN_MODELS)
    assert all(model.hub_id in line for model, line in zip(KNOWN_MODELS, lines[1:], strict=True))


def test_json_has_the_source_of_each_figure(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    models = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert all(model["source"].startswith("https://") for model in models if model["coco"])


def test_a_model_is_fetched_and_its_folder_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fusion.runtime.clip.clip_folder.fetch_clip", lambda _: tmp_path)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    assert main(["models", "get", "clip-b32"]) == 0
    said = capfd.readouterr()
    assert said.out == f"{tmp_path}\n"
    assert "--encoders clip:clip-b32" in said.err


def test_what_cannot_be_fetched_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> Path:
        raise WeightsNotFound("no hub")

    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setattr("fusion.runtime.clip.clip_folder.fetch_clip", refuse)
    assert main(["models", "get", "clip-b32", "--quiet"]) == 1
    assert capfd.readouterr().err == "error: no hub\n"


def test_another_word_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "get"]) == 2
    assert "expected `crossgraph models`" in capfd.readouterr().err


def test_the_documentation_has_the_same_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "presets.md").read_text(encoding="utf-8")
    for model in KNOWN_MODELS:
        (line,) = [line for line in page.splitlines() if f"| `{model.name}` |" in line]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        figures = [
            "" if each is None else f"{each[0]:.1f} / {each[1]:.1f}"
            for each in (model.flickr30k, model.coco)
        ]
        size = f"{model.parameters} M" if model.parameters else ""
        assert cells[1:] == [model.hub_id, size, *figures, model.languages, model.licence]
        assert not model.source or model.source in page
