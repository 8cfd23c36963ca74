"""Reads ONNX files and fills them with weights, without the package `onnx`.

Graphs are stored without their weights. In Protocol Buffers, the concatenation of two messages is
the merged message, with repeated fields joined. So a model is filled by appending a model that has
only initializers (`ModelProto.graph.initializer`; the field numbers are those of onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.model_errors import WeightsMismatch

__all__ = ["filled_model", "read_initializers", "write_optimised"]

GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE, NAME, RAW_DATA = 1, 2, 8, 9
DATA_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9}
NUMBER, BYTES = 0, 2
FIXED = {1: 8, 5: 4}
"""The size of a value in bytes, by its wire type."""
EXTERNAL_FROM_BYTES = 1024


def filled_model(template: bytes, tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a model with the initializers that its graph lacks; `tensors` has them by name."""
    written = [part for name, value in tensors.items() for part in _initializer(name, value)]
    length = sum(map(len, written))
    return b"".join([template, _key(GRAPH, BYTES), _varint(length), *written])


def write_optimised(model: bytes | Path, path: Path) -> None:
    """Write a model, optimised for any processor, with its weights in a separate file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # The highest level would optimise for this processor, but a home folder may be shared.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    for name, value in (
        ("optimized_model_external_initializers_file_name", f"{path.name}.data"),
        ("optimized_model_external_initializers_min_size_in_bytes", str(EXTERNAL_FROM_BYTES)),
        # Prepacking is only needed to run the model, which is not done here.
        ("disable_prepacking", "1"),
    ):
        options.add_session_config_entry(f"session.{name}", value)
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def read_initializers(path: Path) -> dict[str, NDArray[Any]]:
    """Read a model's initializers by name, in the order of the file.

    Initializers in external files are left out, and so are those that are stored in typed fields
    instead of as raw data, as small ones may be.

    Raises:
        WeightsMismatch: the file cannot be read or is no ONNX model.
    """
    try:
        model = memoryview(path.read_bytes())
        return dict(
            tensor
            for field, graph in _fields(model)
            if field == GRAPH
            for part, value in _fields(graph)
            if part == INITIALIZER and (tensor := _tensor(value)) is not None
        )
    except (OSError, IndexError, KeyError, TypeError, ValueError) as error:
        raise WeightsMismatch(f"{path}: not readable as an ONNX model ({error})") from error


def _tensor(message: memoryview) -> tuple[str, NDArray[Any]] | None:
    """Read a `TensorProto`; return None if its numbers are not in `raw_data`."""
    shape: list[int] = []
    name, kind, data = "", 0, None
    for field, value in _fields(message):
        if field == DIMS:
            shape += [value] if isinstance(value, int) else _varints(value)
        elif field == DATA_TYPE:
            kind = value
        elif field == NAME:
            name = bytes(value).decode()
        elif field == RAW_DATA:
            data = value
    if data is None:
        return None
    names = {number: dtype for dtype, number in DATA_TYPES.items()}
    return name, np.frombuffer(data, names[kind]).reshape(shape)


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield a message's fields as (number, value): a varint as an int, all others as bytes."""
    place = 0
    while place < len(message):
        key, place = _read_varint(message, place)
        wire = key & 7
        if wire == NUMBER:
            value, place = _read_varint(message, place)
            yield key >> 3, value
            continue
        length = FIXED.get(wire)
        if wire == BYTES:
            length, place = _read_varint(message, place)
        if length is None or place + length > len(message):
            raise ValueError("a field is cut off or of an unknown type")
        yield key >> 3, message[place : place + length]
        place += length


def _varints(packed: memoryview) -> list[int]:
    values, place = [], 0
    while place < len(packed):
        value, place = _read_varint(packed, place)
        values.append(value)
    return values


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    """Read the number that begins at `place`; return it and the position after it."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


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
    """Encode a number with seven bits per byte, lowest first; the high bit marks that more follow.

    >>> _varint(300).hex()
    'ac02'
    """
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes([*encoded, value])
