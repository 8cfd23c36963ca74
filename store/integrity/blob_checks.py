"""Checks of embeddings, row by row."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from store.columns.codec import StoredArray, blob_to_array
from store.columns.tables import row_sum

__all__ = ["damaged_nodes", "damaged_vectors"]

Rows = Iterable[tuple[int, bytes, int]]
"""Image ids, their blobs, and the checksums of these rows."""

OTHER_SUM = "its checksum does not match"

UNIT_TOLERANCE = 0.01
"""How far from 1 the length of a unit vector may be: rounding D numbers to half precision changes
it by less than a thousandth; only damage changes it by more than this."""


def damaged_vectors(rows: Rows, dim: int, unit_dim: int) -> Iterator[tuple[int, str]]:
    """Yield image id and reason for each vector that the model cannot have made, or is damaged.

    Args:
        rows: rows of the table.
        dim: a vector's shape is (dim,).
        unit_dim: number of leading values that together have unit length; 0 if none.
    """
    for image_id, blob, stored_sum in rows:
        reason = _vector_fault(_decoded(blob), dim, unit_dim) or _sum_fault(
            image_id, blob, stored_sum
        )
        if reason:
            yield image_id, reason


def damaged_nodes(rows: Rows) -> Iterator[tuple[int, str]]:
    """Yield image id and reason for each damaged array of nodes.

    These are arrays that cannot be read, have no dimensions or values that are not finite, do not
    match their checksum, or have another shape than most.
    """
    by_shape: dict[tuple[int, ...], array[int]] = {}
    for image_id, blob, stored_sum in rows:
        nodes = _decoded(blob)
        reason = _nodes_fault(nodes) or _sum_fault(image_id, blob, stored_sum)
        if isinstance(nodes, str) or reason:
            yield image_id, reason
        else:
            by_shape.setdefault(nodes.shape, array("q")).append(image_id)
    usual = max(by_shape, key=lambda shape: len(by_shape[shape]), default=())
    for shape, image_ids in by_shape.items():
        if shape != usual:
            reason = f"the shape {shape}, where most have {usual}"
            yield from ((image_id, reason) for image_id in image_ids)


def _sum_fault(image_id: int, blob: bytes, stored_sum: int) -> str:
    return "" if row_sum(image_id, blob) == stored_sum else OTHER_SUM


def _decoded(blob: object) -> StoredArray | str:
    if not isinstance(blob, bytes):
        return "no blob"
    try:
        return blob_to_array(blob)
    except ValueError as error:
        return str(error)


def _vector_fault(vector: StoredArray | str, dim: int, unit_dim: int) -> str:
    if isinstance(vector, str):
        return vector
    if vector.shape != (dim,) or vector.dtype.kind != "f":
        return f"the shape {vector.shape} and dtype {vector.dtype}, expected {(dim,)} and floats"
    values = vector.astype(np.float32)
    if not np.isfinite(values).all():
        return "values that are not finite"
    length = float(np.sqrt(values[:unit_dim] @ values[:unit_dim])) if unit_dim else 1.0
    return "" if abs(length - 1) <= UNIT_TOLERANCE else f"the length {length:.3f}, expected 1"


def _nodes_fault(nodes: StoredArray | str) -> str:
    if isinstance(nodes, str):
        return nodes
    if not nodes.ndim:
        return f"the shape {nodes.shape}, expected at least one dimension"
    return "" if np.isfinite(nodes).all() else "values that are not finite"
