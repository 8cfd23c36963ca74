"""What is written of a CLIP-like model gives what transformers gives, for each family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fusion.export.clip_source import load_transformers_clip
from fusion.export.write_clip import export_clip
from fusion.export.write_model import ModelExportError
from fusion.runtime.clip.clip_folder import clip_fingerprint
from fusion.runtime.clip.clip_indexing_model import ClipIndexingModel
from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.onnx_indexing_model import find_indexing_model
from fusion.runtime.onnx_search_model import find_search_model
from tests.integration.clip.made_clip import KINDS, TEXTS, make_clip, photos, reference

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_embeddings_are_those_of_transformers(kind: str, tmp_path: Path) -> None:
    folder = make_clip(kind, tmp_path / "model")
    fingerprint = clip_fingerprint(folder)
    export_clip(load_transformers_clip(folder), fingerprint, f"clip:{folder}", tmp_path / "cache")
    indexing = find_indexing_model(tmp_path / "cache", fingerprint)
    searching = find_search_model(tmp_path / "cache", fingerprint)
    assert isinstance(indexing, ClipIndexingModel)
    assert searching is not None
    shown, said = reference(folder, photos(), TEXTS)
    found = indexing.embed_images(photos())
    np.testing.assert_allclose(found.vectors, shown, atol=1e-4)
    np.testing.assert_allclose(searching.embed_queries(TEXTS).vectors, said, atol=1e-4)
    assert np.ptp(shown @ said.T) > 0.01  # or all are equal whatever is read
    assert (indexing.dim, indexing.unit_dim) == (shown.shape[1], shown.shape[1])


def test_a_processor_of_other_steps_is_refused(tmp_path: Path) -> None:
    folder = make_clip("siglip", tmp_path / "model")
    source = load_transformers_clip(folder)
    object.__setattr__(source.pixels, "resample", 0)  # nearest in place of bicubic
    with pytest.raises(ModelExportError, match="resizes, crops or scales"):
        export_clip(source, "f00d" * 16, "clip:made", tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_tokenizer_that_reads_otherwise_is_refused(tmp_path: Path) -> None:
    source = load_transformers_clip(make_clip("siglip", tmp_path / "model"))
    object.__setattr__(source.texts, "pad_id", 0)
    with pytest.raises(ModelExportError, match="tokenizer reads"):
        export_clip(source, "f00d" * 16, "clip:made", tmp_path / "cache")


def test_what_is_no_such_model_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch, match="not a folder of a CLIP-like model"):
        clip_fingerprint(tmp_path)
    folder = make_clip("clip", tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsMismatch, match="not a CLIP-like model") as caught:
        load_transformers_clip(folder)
    assert "\n" not in str(caught.value)


def test_a_fingerprint_is_of_content_and_not_of_place(tmp_path: Path) -> None:
    one, other = (make_clip("clip", tmp_path / name) for name in ("one", "other"))
    assert clip_fingerprint(one) == clip_fingerprint(other)
    (other / "README.md").write_text("what it is")
    assert clip_fingerprint(one) == clip_fingerprint(other)
    told = other / "preprocessor_config.json"
    told.write_text(told.read_text().replace("40", "41"))
    assert clip_fingerprint(one) != clip_fingerprint(other)
    assert torch.is_inference_mode_enabled() is False
