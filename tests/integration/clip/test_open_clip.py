"""A model of OpenCLIP, of random weights, gives what that library gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.export.load_clip_source import load_clip_source
from fusion.export.open_clip_source import OpenClip
from fusion.export.write_clip import export_clip
from fusion.runtime.clip.clip_folder import OPEN_CLIP, clip_fingerprint
from fusion.runtime.onnx_indexing_model import find_indexing_model
from tests.integration.clip.made_clip import photos

ensure_torchvision()
open_clip = pytest.importorskip("open_clip")

pytestmark = pytest.mark.slow

TEXTS = ["a dog", "Two people's bikes, along the RIVER!", "naïve café 12"]


def make(folder: Path, resize_mode: str) -> Path:
    """Write a model with the folder's usual names."""
    folder.mkdir()
    tower = {"width": 32, "layers": 2}
    model: dict[str, Any] = {
        "embed_dim": 24,
        "vision_cfg": tower | {"image_size": 32, "patch_size": 16, "head_width": 16},
        "text_cfg": tower | {"context_length": 20, "vocab_size": 49408, "heads": 2},
    }
    shown = {"mean": [0.5] * 3, "std": [0.25] * 3, "interpolation": "bicubic"}
    told = {"model_cfg": model, "preprocess_cfg": shown | {"resize_mode": resize_mode}}
    (folder / OPEN_CLIP).write_text(json.dumps(told))
    torch.manual_seed(5)
    made = open_clip.CLIP(**model)
    for parameter in made.parameters():
        parameter.data.add_(torch.randn(parameter.shape) * 0.05)
    save_file(made.state_dict(), folder / "open_clip_model.safetensors")
    return folder


@pytest.mark.parametrize("resize_mode", ["shortest", "longest"])
def test_embeddings_are_those_of_open_clip(resize_mode: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "model", resize_mode)
    source = load_clip_source(folder)
    assert isinstance(source, OpenClip)
    fingerprint = clip_fingerprint(folder)
    export_clip(source, fingerprint, f"clip:{folder}", tmp_path / "cache")
    model: Any = find_indexing_model(tmp_path / "cache", fingerprint)
    images = [image.convert("RGB") for image in photos()]
    with torch.inference_mode():
        shown = [source.model.encode_image(source.preprocess(each)[None]) for each in images]
        said = source.model.encode_text(source.own_tokenizer(TEXTS))
    for found, wanted in (
        (model.embed_images(images).vectors, torch.cat(shown)),
        (model.embed_queries(TEXTS).vectors, said),
    ):
        unit = torch.nn.functional.normalize(wanted, dim=-1).numpy()
        np.testing.assert_allclose(found, unit, atol=1e-4)
