from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fusion.runtime.clip.clip_folder import clip_fingerprint, fetch_clip, find_clip, preset_of
from fusion.runtime.clip.known_models import KNOWN_MODELS
from fusion.runtime.model_errors import WeightsMismatch, WeightsNotFound

huggingface_hub = pytest.importorskip("huggingface_hub")


class Hub:
    """Stands in for the hub's client: has files by name, local or remote."""

    def __init__(self, folder: Path, files: list[str], *, here: bool = False) -> None:
        self.folder, self.files, self.here = folder, files, here
        self.revisions: list[str | None] = []

    def __call__(
        self,
        hub_id: str,
        *,
        revision: str | None,
        allow_patterns: list[str],
        local_files_only: bool,
    ) -> str:
        if local_files_only and not self.here:
            raise OSError("not in the cache")
        self.revisions.append(revision)
        for name in self.files:
            if any(Path(name).match(pattern) for pattern in allow_patterns):
                (self.folder / name).write_text(name)
        return str(self.folder)


def put(monkeypatch: pytest.MonkeyPatch, hub: Any) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub)


def test_a_model_is_fetched_with_one_form_of_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ["config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json"]
    put(monkeypatch, Hub(tmp_path, files))
    said: list[str] = []
    assert fetch_clip("some/model", said.append) == tmp_path
    assert said == ["fetching some/model from its hub, once"]
    assert {path.name for path in tmp_path.iterdir()} == set(files) - {"pytorch_model.bin"}


def test_a_listed_model_is_fetched_in_its_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(tmp_path, ["config.json", "pytorch_model.bin"])
    put(monkeypatch, hub)
    listed = next(model for model in KNOWN_MODELS if model.revision)
    assert find_clip(f"clip:{listed.name}") == tmp_path
    assert set(hub.revisions) == {listed.revision}


def test_no_hub_is_asked_where_its_cache_has_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, Hub(tmp_path, ["config.json", "model.safetensors"], here=True))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch_clip("some/model") == tmp_path


@pytest.mark.parametrize("offline", ["1", "0"])
def test_where_no_hub_can_be_reached_a_folder_helps(
    offline: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any, **__: Any) -> str:
        raise ConnectionError("no route")

    put(monkeypatch, unreachable)
    monkeypatch.setenv("HF_HUB_OFFLINE", offline)
    with pytest.raises(WeightsNotFound, match=r"no route.*copy the model's folder.*clip:FOLDER"):
        fetch_clip("some/model")


def test_names_that_are_nothing_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="no such folder"):
        find_clip(f"clip:{tmp_path / 'none'}")
    with pytest.raises(WeightsNotFound, match="crossgraph models"):
        find_clip("clip:sigl1p")


def test_an_index_keeps_whole_paths_and_hub_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert preset_of("clip:model") == f"clip:{tmp_path.resolve() / 'model'}"
    assert preset_of("clip:some/model") == "clip:some/model"


def test_a_folder_without_weights_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsMismatch, match="not a folder of a CLIP-like model"):
        clip_fingerprint(tmp_path)


def test_short_names_and_hub_ids_are_unique_and_figures_have_sources() -> None:
    names = [name for model in KNOWN_MODELS for name in (model.name, model.hub_id)]
    assert len(set(names)) == len(names)
    for model in KNOWN_MODELS:
        assert bool(model.source) == bool(model.coco or model.flickr30k), model
