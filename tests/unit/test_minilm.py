"""The file of the packaged text encoder, read without the library that wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.prepare.minilm import KEPT_WHOLE, minilm_tensors, minilm_tokenizer, rounded_rows
from fusion.runtime.prepare.onnx_file import filled_model, read_initializers

TENSORS = {
    "whole": np.arange(-6, 6, dtype=np.int8).reshape(3, 4),
    "scale": np.array([[0.5], [1.5], [300.0]], np.float32),
    "id": np.array([1, 2**40, -3], np.int64),
    "scalar": np.array(7, np.int64),
}


def test_initializers_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(filled_model(b"", TENSORS))
    found = read_initializers(file)
    assert list(found) == list(TENSORS)
    for name, expected in TENSORS.items():
        assert found[name].dtype == expected.dtype
        np.testing.assert_array_equal(found[name], expected)


def test_initializers_agree_with_onnx(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="comes with the extra `train`")
    initializers = [onnx.numpy_helper.from_array(each, name) for name, each in TENSORS.items()]
    small = onnx.helper.make_tensor("by number", onnx.TensorProto.FLOAT, [2], [1.0, 2.0])
    graph = onnx.helper.make_graph([], "graph", [], [], [*initializers, small])
    file = tmp_path / "model.onnx"
    onnx.save(onnx.helper.make_model(graph), file)
    found = read_initializers(file)
    assert list(found) == list(TENSORS)
    for name, expected in TENSORS.items():
        np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize("kept", [1, 5, 30, -1])
def test_a_file_cut_off_is_refused_or_lacks_tensors(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(filled_model(b"", TENSORS)[:kept])
    with pytest.raises(WeightsMismatch, match=r"model\.onnx") as caught:
        minilm_tensors(file)
    assert "\n" not in str(caught.value)


def test_a_file_of_other_weights_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"weight": np.zeros((2, 2), np.float32)}, file)
    with pytest.raises(WeightsMismatch, match="expected embeddings"):
        minilm_tensors(file)
    file.write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match="not readable"):
        minilm_tensors(file)


def test_rows_are_rounded_each_by_its_own_largest() -> None:
    rows = np.array([[127.0, 63.4, -0.4], [-1.27, 0.012, 0.0], [0.0, 0.0, 0.0]], np.float32)
    expected = [[127.0, 63.0, 0.0], [-1.27, 0.01, 0.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(rounded_rows("weight", rows), expected, atol=1e-6)
    assert not np.signbit(
        rounded_rows("weight", rows)[0, 2]
    )  # there is no negative zero, so that the bytes agree
    assert rounded_rows(KEPT_WHOLE, rows) is rows
    np.testing.assert_array_equal(rounded_rows("bias", rows[0]), rows[0])


def test_tokenizer_reads_as_bert_uncased_does() -> None:
    found = minilm_tokenizer().encode("A dog's naïve X-ray")
    expected = ["[CLS]", "a", "dog", "'", "s", "naive", "x", "-", "ray", "[SEP]"]
    assert found.tokens == expected
    assert found.ids[0] == 101
    assert found.ids[-1] == 102
