"""Indexing without torch: what is exported, by whom it is found, and what is done without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from fusion.encoders.convolutional import GridEncoder, Normalise
from fusion.export.write_model import export_model
from fusion.gpu_retriever import GpuPhotos
from fusion.retriever import Retriever
from fusion.runtime.exported_files import ExportedModelError
from fusion.runtime.exported_folder import LOWER, PHOTOS, TABLES, exported_model_folder
from fusion.runtime.onnx_indexing_model import OnnxIndexingModel, find_indexing_model
from search.models import for_indexing, loading
from tests.integration.made_retriever import FINGERPRINT, made_retriever

SIZE = 96


def tiny_network() -> nn.Sequential:
    """Five halvings of a photo, from which any grid comes, and two blocks on top."""
    widths = [3, 4, 4, 4, 4, 8]
    strided = [
        layer
        for before, after in pairwise(widths)
        for layer in (nn.Conv2d(before, after, 3, 2, 1), nn.ReLU6())
    ]
    return nn.Sequential(nn.Sequential(*strided), nn.Sequential(nn.Conv2d(8, 6, 1), nn.ReLU6()))


def with_photos(folder: Path, *, memory: int = 80) -> Retriever:
    """`made_retriever` with a real, tiny image encoder, and banks that correct its photos."""
    retriever = made_retriever(folder, memory=memory)
    encoder = GridEncoder(
        "tiny", tiny_network(), tuple, SIZE, 6, Normalise([127.0] * 3, [60.0] * 3), "cpu"
    )
    network = retriever.network
    if memory:
        network.memory.fill(torch.randn(memory, 6), torch.randn(memory, 8))
    encoders = SimpleNamespace(preset="packaged", image=encoder, text=retriever.text_encoder)
    return Retriever(network, encoders, FINGERPRINT)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return with_photos(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def root(retriever: Retriever, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cache") / "query"
    export_model(retriever, root)
    return root


@pytest.fixture(scope="module")
def model(root: Path) -> OnnxIndexingModel:
    found = find_indexing_model(root, FINGERPRINT)
    assert found is not None
    return found


def photos(count: int) -> list[Image.Image]:
    random = np.random.default_rng(1)
    return [
        Image.fromarray(random.integers(0, 256, (30 + 9 * n, 50, 3), dtype=np.uint8))
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_photos_are_embedded_alike(
    retriever: Retriever, model: OnnxIndexingModel, count: int
) -> None:
    one, other = (each.embed_images(photos(count)) for each in (retriever, model))
    assert np.allclose(one.vectors, other.vectors, atol=1e-4)
    assert one.vectors.shape == (count, model.dim)
    assert (one.packed == other.packed).mean() > 0.99


def test_no_photos_are_no_batch(model: OnnxIndexingModel) -> None:
    with pytest.raises(ValueError, match="no images to encode"):
        model.embed_images([])


def test_a_model_of_empty_banks(tmp_path: Path) -> None:
    retriever = with_photos(tmp_path, memory=0)
    export_model(retriever, tmp_path)
    model = find_indexing_model(tmp_path, FINGERPRINT)
    assert model is not None
    one, other = (each.embed_images(photos(3)) for each in (retriever, model))
    assert np.allclose(one.vectors, other.vectors, atol=1e-4)
    assert np.array_equal(one.packed, other.packed)
    assert model.recall_queries().shape == (0, model.dim)


def test_captions_of_training_are_those_of_the_model(
    retriever: Retriever, model: OnnxIndexingModel
) -> None:
    assert np.array_equal(model.recall_queries(), retriever.recall_queries())
    queries = [each.embed_queries(["a red dog"]).vectors for each in (retriever, model)]
    assert np.allclose(*queries, atol=1e-5)


@pytest.mark.parametrize("name", [LOWER, PHOTOS, TABLES])
def test_a_damaged_file_is_told_in_one_line(root: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    model = find_indexing_model(tmp_path, FINGERPRINT)
    assert model is not None
    file = exported_model_folder(tmp_path, FINGERPRINT) / name
    file.write_bytes(b"\xff" * file.stat().st_size)
    with pytest.raises(ExportedModelError, match=f"{name} is damaged"):
        model.recall_queries() if name == TABLES else model.embed_images(photos(1))
    assert find_indexing_model(tmp_path, FINGERPRINT) is None


def test_without_photos_there_is_no_photo_model(made_export: Path) -> None:
    assert find_indexing_model(made_export, FINGERPRINT) is None


def test_half_precision_on_the_way_gives_the_same_in_full(retriever: Retriever) -> None:
    model = GpuPhotos(retriever, "cpu")
    one, other = (each.embed_images(photos(5)) for each in (retriever, model))
    assert other.vectors.dtype == np.float32
    assert np.allclose(one.vectors[:, :8], other.vectors[:, :8], atol=0.02)
    assert one.packed.shape == other.packed.shape
    assert model.batch_size > retriever.batch_size
    assert np.array_equal(model.recall_queries(), retriever.recall_queries())


def test_an_encoder_without_a_grid_stays_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="runs on the CPU only"):
        GpuPhotos(made_retriever(tmp_path), "cpu")


def test_where_there_is_a_gpu_it_is_taken(
    retriever: Retriever, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(root.parent))
    monkeypatch.setattr("fusion.hardware.device.choose_device", lambda _: "cuda")
    monkeypatch.setattr("fusion.gpu_retriever.GpuPhotos", lambda *given: taken.append(given))
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: retriever)
    said: list[str] = []
    for_indexing.indexing_model(None, tell=said.append, warn=said.append)
    assert taken == [(retriever, "cuda")]
    assert said == []


def test_indexing_imports_no_torch(retriever: Retriever, root: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number, photo in enumerate(photos(3)):
        photo.save(tmp_path / "photos" / f"{number}.jpg")
    (tmp_path / "model").mkdir()
    code = (
        "import sys; from fusion.runtime import model_fingerprint as fingerprint\n"
        "from search.cli import main\n"
        f"fingerprint.checkpoint_fingerprint = lambda _: {FINGERPRINT!r}\n"
        f"code = main(['index', {str(tmp_path / 'photos')!r}, '--device', 'cpu',"
        f" '--index', {str(tmp_path / 'index')!r}])\n"
        "heavy = {'torch', 'transformers', 'torch_geometric', 'timm', 'onnx'}\n"
        "sys.stderr.write(' '.join(heavy & set(sys.modules)))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "CROSSGRAPH_CACHE": str(root.parent)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 added" in done.stdout


def test_a_model_of_other_encoders_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given = SimpleNamespace(encoders="others")
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: given)
    said: list[str] = []
    model = for_indexing.indexing_model(
        Path("none"), device="cpu", tell=said.append, warn=said.append
    )
    assert model is given
    assert said == []
