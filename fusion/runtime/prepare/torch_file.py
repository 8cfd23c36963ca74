"""Reads torch's weight files as numpy arrays without torch, and without running code from them.

Both formats are read: the older one, a sequence of pickles followed by the numbers, and the newer
zip file. A tensor must be a contiguous part of its storage; published weights have no other views.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.model_errors import WeightsMismatch
from fusion.runtime.prepare.plain_pickle import PlainPickleError, read_pickle

__all__ = ["read_torch_file"]

Arrays = dict[str, NDArray[Any]]

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
TYPES = {
    "torch BoolStorage": "?",
    "torch ByteStorage": "u1",
    "torch CharStorage": "i1",
    "torch DoubleStorage": "<f8",
    "torch FloatStorage": "<f4",
    "torch HalfStorage": "<f2",
    "torch IntStorage": "<i4",
    "torch LongStorage": "<i8",
    "torch ShortStorage": "<i2",
}


class _Storage(NamedTuple):
    """A flat array of numbers that tensors are views of."""

    key: str
    dtype: np.dtype[np.generic]
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_torch_file(path: Path) -> Arrays:
    """Read a state dict, in the order in which it was written.

    Raises:
        WeightsMismatch: the file is damaged, cannot be read, or holds more than tensors by name.
    """
    try:
        with path.open("rb") as file:
            return _read_zip(path) if file.read(4) == b"PK\x03\x04" else _read_older(file)
    except PlainPickleError as error:
        raise WeightsMismatch(f"{path}: not readable as weights: {error}") from error
    except OSError as error:
        raise WeightsMismatch(f"{path}: cannot be read ({error.strerror or error})") from error


def _read_older(file: IO[bytes]) -> Arrays:
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    storages: dict[str, _Storage] = {}
    parts = [_pickle(file, storages) for _ in range(5)]
    magic, protocol, system, state, keys = parts
    if (magic, protocol) != (MAGIC, PROTOCOL) or not isinstance(system, dict):
        raise PlainPickleError("torch did not write it")
    if not system.get("little_endian") or not isinstance(keys, list):
        raise PlainPickleError("damaged (its byte order is unknown)")
    numbers: Arrays = {}
    for key in keys:
        storage = storages.get(key) if isinstance(key, str) else None
        count = int.from_bytes(file.read(8), "little")
        if storage is None or count != storage.length:
            raise PlainPickleError("damaged (its storages do not match their list)")
        length = count * storage.dtype.itemsize
        if length > size - file.tell():
            raise PlainPickleError("damaged (it ends too early)")
        numbers[key] = np.frombuffer(file.read(length), storage.dtype)
    return _arrays(state, numbers)


def _read_zip(path: Path) -> Arrays:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            [pickle_name] = [name for name in names if name.endswith("/data.pkl")]
            root = pickle_name.removesuffix("data.pkl")
            if f"{root}byteorder" in names and _member(archive, f"{root}byteorder") != b"little":
                raise PlainPickleError("its numbers have another byte order")
            storages: dict[str, _Storage] = {}
            with archive.open(_stored(archive, pickle_name)) as file:
                state = _pickle(file, storages)
            numbers = {}
            for key, storage in storages.items():
                content = _member(archive, f"{root}data/{key}")
                if len(content) != storage.length * storage.dtype.itemsize:
                    raise PlainPickleError("damaged (a storage has another length)")
                numbers[key] = np.frombuffer(content, storage.dtype)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, EOFError) as error:
        if isinstance(error, PlainPickleError):
            raise
        raise PlainPickleError(f"damaged ({type(error).__name__})") from error
    return _arrays(state, numbers)


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return a member; torch compresses none, and a compressed one could expand to any size."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise PlainPickleError("damaged (a part of it is compressed)")
    return entry


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(_stored(archive, name))


def _pickle(file: IO[bytes], storages: dict[str, _Storage]) -> Any:  # noqa: ANN401
    """Read one pickle, and record the storages that it names."""

    def persistent(named: object) -> _Storage:
        if (
            not isinstance(named, tuple)
            or len(named) not in (5, 6)
            or named[5:] not in ((), (None,))
        ):
            raise PlainPickleError("damaged (it names no storage)")
        kind, dtype, key, _, count = named[:5]
        if kind != "storage" or dtype not in TYPES or not isinstance(key, str):
            raise PlainPickleError("damaged (it names no storage)")
        storage = _Storage(key, np.dtype(TYPES[dtype]), _count(count))
        if storages.setdefault(key, storage) != storage:
            raise PlainPickleError("damaged (a storage is named twice, differently)")
        return storage

    return read_pickle(file, KNOWN, persistent)


def _tensor(storage: object, offset: object, shape: object, stride: object, *_: object) -> _Tensor:
    """Stand in for `torch._utils._rebuild_tensor_v2`."""
    if not isinstance(storage, _Storage):
        raise PlainPickleError("damaged (a tensor without a storage)")
    if not isinstance(shape, tuple) or not isinstance(stride, tuple) or len(shape) != len(stride):
        raise PlainPickleError("damaged (a tensor without a shape)")
    tensor = _Tensor(storage, _count(offset), tuple(map(_count, shape)), tuple(map(_count, stride)))
    if tensor.offset + math.prod(tensor.shape) > storage.length:
        raise PlainPickleError("damaged (a tensor is larger than its storage)")
    return tensor


def _laid_out(numbers: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    """Return a tensor as an array; its dimensions may be stored in any order."""
    end = tensor.offset + math.prod(tensor.shape)
    if end == tensor.offset:
        return np.zeros(tensor.shape, numbers.dtype)
    order = sorted(range(len(tensor.shape)), key=lambda place: -tensor.stride[place])
    if 1 in tensor.shape:  # such a dimension may have any stride
        order.sort(key=lambda place: tensor.shape[place] == 1)
    sizes = [tensor.shape[place] for place in order]
    for place, following in zip(order, range(1, len(order) + 1), strict=True):
        if tensor.shape[place] > 1 and tensor.stride[place] != math.prod(sizes[following:]):
            raise PlainPickleError("a tensor is a part of another")
    places = [order.index(place) for place in range(len(order))]
    return numbers[tensor.offset : end].reshape(sizes).transpose(places)


def _dictionary(*items: object) -> dict[object, object]:
    """Stand in for `collections.OrderedDict`."""
    if items:
        raise PlainPickleError("damaged (a dictionary with arguments)")
    return {}


def _no_call(*_: object) -> object:
    raise PlainPickleError("it calls a type of storage")


KNOWN: dict[str, Callable[..., object]] = {
    "collections OrderedDict": _dictionary,
    "torch._utils _rebuild_tensor_v2": _tensor,
    **dict.fromkeys(TYPES, _no_call),
}


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**48:
        raise PlainPickleError("damaged (an invalid size)")
    return value


def _arrays(state: object, numbers: Arrays) -> Arrays:
    if not isinstance(state, dict):
        raise PlainPickleError("it holds no tensors by name")
    arrays: Arrays = {}
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, _Tensor):
            raise PlainPickleError("it holds more than tensors by name")
        storage = numbers.get(value.storage.key)
        if storage is None:
            raise PlainPickleError("damaged (a storage is missing)")
        arrays[name] = _laid_out(storage, value)
    return arrays
