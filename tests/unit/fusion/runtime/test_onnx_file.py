"""Weights are appended to a graph without weights, and ONNX Runtime reads the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from fusion.runtime.prepare.onnx_file import DATA_TYPES, filled_model, write_optimised


def template() -> bytes:
    """Return the graph `y = x @ weight + offset`, without the two values."""
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["product"]),
        helper.make_node("Add", ["product", "offset"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "affine",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 300])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    model.ir_version = 10
    return bytes(model.SerializeToString())


def test_a_filled_graph_is_written_and_run(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    weight = random.normal(size=(300, 2)).astype(np.float32)
    offset = np.array([1.0, -2.0], np.float32)
    # A transposed view: values are written in logical order, whatever their order in memory.
    model = filled_model(template(), {"weight": weight.T.copy().T, "offset": offset})
    write_optimised(model, tmp_path / "affine.onnx")
    assert (tmp_path / "affine.onnx.data").stat().st_size >= weight.nbytes
    session = onnxruntime.InferenceSession(tmp_path / "affine.onnx")
    rows = random.normal(size=(4, 300)).astype(np.float32)
    [found] = session.run(None, {"x": rows})
    assert np.allclose(found, rows @ weight + offset, atol=1e-4)


@pytest.mark.parametrize("kind", DATA_TYPES)
def test_every_type_and_shape_is_read_as_it_was(kind: str) -> None:
    for shape in ((), (1,), (0, 3), (2, 200), (3, 1, 2)):
        value = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind)
        model = onnx.load_from_string(filled_model(template(), {"value" * 40: value}))
        assert len(model.graph.node) == 2
        [tensor] = model.graph.initializer
        assert tensor.name == "value" * 40
        read = onnx.numpy_helper.to_array(tensor)
        assert read.dtype == value.dtype
        assert np.array_equal(read, value)
        assert read.shape == shape
