"""ONNX graphs that are kept without their weights, and filled without the package `onnx`.

Two messages of Protocol Buffers, one after the other, are the message in which both are merged, and
repeated fields are then joined. So a model is filled by appending one that has nothing but
initializers (`ModelProto.graph.initializer`; the numbers of the fields are those of onnx.proto).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["filled_model", "write_optimised"]

GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW_DATA = 1, 2, 8, 9
DATA_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9}
NUMBER, BYTES = 0, 2
EXTERNAL_FROM_BYTES = 1024


def filled_model(template: bytes, tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a model with tensors as the initializers that its graph lacks, by name."""
    written = [part for name, value in tensors.items() for part in _initializer(name, value)]
    length = sum(map(len, written))
    return b"".join([template, _key(GRAPH, BYTES), _varint(length), *written])


def write_optimised(model: bytes | Path, path: Path) -> None:
    """Write a model, optimised for any processor, with its weights in a file beside it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Not the highest level, which is for the processor at hand: a home folder may be shared.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    for name, value in (
        ("optimized_model_external_initializers_file_name", f"{path.name}.data"),
        ("optimized_model_external_initializers_min_size_in_bytes", str(EXTERNAL_FROM_BYTES)),
        # What is only needed to run it, which nobody does here.
        ("disable_prepacking", "1"),
    ):
        options.add_session_config_entry(f"session.{name}", value)
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _initializer(name: str, value: NDArray[Any]) -> list[bytes]:
    data = np.ascontiguousarray(value).tobytes()
    label = name.encode()
    head = b"".join(
        [
            *(_key(DIMS, NUMBER) + _varint(size) for size in value.shape),
            _key(DATA_TYPE, NUMBER),
            _varint(DATA_TYPES[value.dtype.name]),
            _key(NAME, BYTES),
            _varint(len(label)),
            label,
            _key(RAW_DATA, BYTES),
            _varint(len(data)),
        ]
    )
    return [_key(INITIALIZER, BYTES), _varint(len(head) + len(data)), head, data]


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow.

    >>> _varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
