"""What is fuzzed: where inputs come from, how they are made wrong, and what may come of them."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusion.runtime.squares import square
from indexer.photos.decode import UnreadableImage, decode_bytes
from indexer.sources import CocoSource
from indexer.sources.parquet import ParquetShard
from indexer.sources.shard import Shard
from indexer.sources.tar import TarShard
from store import SourceError
from store.columns.codec import array_to_blob, blob_to_array
from store.columns.paths import absolute_path
from store.photo_names import member_path
from tests.fuzz import seeds
from tests.fuzz.mutation import mutated, mutated_json, mutated_tar, reshaped

SIDE_PX = 320  # about what encoders take

Mutate = Callable[[bytes, Sequence[bytes], np.random.Generator], bytes]


@dataclass(frozen=True)
class Target:
    """A reader of untrusted bytes.

    Attributes:
        seeds: gives valid inputs.
        mutate: makes one of them wrong.
        read: gives "read" or "refused"; whatever it raises is a finding.
    """

    seeds: Callable[[], list[bytes]]
    mutate: Mutate
    read: Callable[[bytes], str]


def _decode(content: bytes) -> str:
    try:
        image = decode_bytes(content)
    except UnreadableImage:
        return "refused"
    if image.mode != "RGB":
        raise ValueError(f"mode {image.mode}, expected RGB")
    square(image, SIDE_PX)
    return "read"


def _coco(content: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_bytes(content)
        try:
            CocoSource(file.name)
        except SourceError:
            return "refused"
    return "read"


def _tar(content: bytes) -> str:
    try:
        return _shard(TarShard("a.tar", io.BytesIO(content)))
    except SourceError:
        return "refused"


def _parquet(content: bytes) -> str:
    try:
        return _shard(ParquetShard("/nowhere/a.parquet", io.BytesIO(content)))
    except SourceError:
        return "refused"


def _shard(shard: Shard) -> str:
    names = [member.name for member in shard.members]
    if len(names) != len(set(names)):
        raise AssertionError("two members have one name")
    for member in shard.members:
        if member_path("/a.tar", member.name) != absolute_path("/a.tar", f"!{member.name}"):
            raise AssertionError(f"{member.name!r} leads out of its shard")
        try:
            shard.read(member)
        except (UnreadableImage, OSError):
            continue
    for _, captions in shard.captions():
        if not all(captions):
            raise AssertionError("an empty caption")
    return "read"


def _codec(content: bytes) -> str:
    try:
        array = blob_to_array(content)
    except ValueError:
        return "refused"
    again = blob_to_array(array_to_blob(array))
    little = array.astype(again.dtype)
    if (again.shape, again.tobytes()) != (array.shape, little.tobytes()):
        raise AssertionError("an array did not come back as it was")
    return "read"


TARGETS = {
    "decode": Target(seeds.pictures, mutated, _decode),
    "shapes": Target(seeds.shapes, reshaped, _decode),
    "coco": Target(seeds.documents, mutated_json, _coco),
    "codec": Target(seeds.blobs, mutated, _codec),
    "tar": Target(seeds.tars, mutated_tar, _tar),
    "parquet": Target(seeds.parquets, mutated, _parquet),
}
