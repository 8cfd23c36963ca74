"""The data that an index stores of a photo for the re-ranker: one row of bytes, read without torch.

A row contains, in this order:

- the photo's R + 1 nodes, the whole photo first: the sign of each number in one bit, 1 if it is
  positive or zero, the first of eight in the lowest bit of a byte. A node is read as numbers of
  equal size with these signs and unit length. The bits that are left over in its last byte are 0;
- its E edges of the word graph, to the training photos nearest to it: their rows in the bank, each
  with the lower byte first, and then one byte for each edge's weight;
- its C edges of the concept graph, to its most likely classes: their numbers in two bytes each, and
  then one byte for each edge's share.

A weight or share is stored as its logarithm, in steps of 1/20 below the largest. With linear steps
the log odds of a word that only faint edges lead to could change by any amount; with these they
change by at most 0.05.

Signs are enough, because an inner product of 128 numbers averages their errors out. Re-ranked
Recall@1/5/10 was 41.1 / 71.6 / 82.2 on the Flickr8k development photos and 57.4 / 89.7 / 95.5 on
200 photos of COCO with them; 40.8 / 71.5 / 82.2 and 57.6 / 89.6 / 95.5 with two bits; and 40.7 /
71.5 / 82.2 and 57.5 / 89.5 / 95.5 with four.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.fusion_error import FusionError

__all__ = [
    "DamagedPhotos",
    "Layout",
    "pack_outputs",
    "pack_photos",
    "unpack_classes",
    "unpack_edges",
    "unpack_nodes",
]

Bytes = NDArray[np.uint8]
Array = NDArray[np.float32]

CLASS_BYTES = 2
STEPS, NONE = 20, 255
"""Steps of a weight's logarithm per factor of e, and the code of no edge."""

SIGNS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
EIGHTS = (2.0 * SIGNS - 1).astype(np.float32)
"""(256, 8): the eight signs of a byte, -1 or 1."""
WEIGHTS = np.exp(-np.arange(256, dtype=np.float32) / STEPS)
WEIGHTS[NONE] = 0


class DamagedPhotos(FusionError, ValueError):
    """Stored photos do not fit the model: a wrong length, or edges to unknown photos or classes."""


class Layout(NamedTuple):
    """The layout of a model's rows; the number of nodes follows from a row's length."""

    width: int
    """Dn, the width of a node."""
    edges: int
    """E, edges of the word graph; 0 for a model whose word graph is empty."""
    row_bytes: int = 2
    """Bytes per row number of the bank: 2 for up to 65,536 training photos, 4 for more."""
    bank: int = 0
    """The number of training photos, which row numbers are checked against; 0 if unknown."""
    class_edges: int = 0
    """C, edges to classes; 0 for a model that follows no paths over classes."""
    classes: int = 0
    """The number of classes, which class numbers are checked against; 0 if unknown."""

    @classmethod
    def of(
        cls, width: int, neighbours: int, bank: int, class_edges: int = 0, classes: int = 0
    ) -> Layout:
        """Return the layout for `neighbours` edges per photo to a bank of `bank` photos."""
        row_bytes = 2 if bank <= 256**2 else 4
        return cls(width, min(neighbours, bank), row_bytes, bank, class_edges, classes)

    @property
    def bytes_a_node(self) -> int:
        """Bytes of a node: the number of its signs, rounded up to whole bytes."""
        return -(-self.width // 8)

    @property
    def class_bytes(self) -> int:
        """Bytes of a photo's edges to classes, which end its row."""
        return self.class_edges * (CLASS_BYTES + 1)

    @property
    def edge_bytes(self) -> int:
        """Bytes of all edges of a photo, including those to classes, which end its row."""
        return self.edges * (self.row_bytes + 1) + self.class_bytes


def pack_photos(nodes: Array, neighbours: NDArray[np.integer], weights: Array,
                row_bytes: int = 2,
                classes: tuple[NDArray[np.integer], Array] | None = None) -> Bytes:  # fmt: skip
    """Pack B photos.

    Args:
        nodes: (B, R + 1, Dn) of unit length, the whole photo before its regions.
        neighbours: (B, E) rows of the bank, in any order; E may be 0.
        weights: (B, E) the weights of these edges, from 0 to 1.
        row_bytes: as in `Layout`.
        classes: (B, C) each photo's classes, and their shares (B, C); None for C = 0.

    Returns:
        (B, P) uint8, P = (R + 1) ceil(Dn / 8) + E (row_bytes + 1) + 3 C.

    Raises:
        ValueError: the shapes do not fit together, or a number of a row or class is too large.
    """
    if nodes.ndim != 3 or neighbours.shape != weights.shape or len(nodes) != len(neighbours):
        raise ValueError(
            f"nodes {nodes.shape}, neighbours {neighbours.shape} and weights {weights.shape}, "
            "expected (B, R + 1, Dn) and twice (B, E)"
        )
    parts = [_pack_nodes(nodes), _pack_ends(neighbours, row_bytes), _pack_weights(weights)]
    if classes is not None:
        parts += [_pack_ends(classes[0], CLASS_BYTES), _pack_weights(classes[1])]
    return np.concatenate([_flat(part) for part in parts], axis=1)


def pack_outputs(outputs: Sequence[NDArray[Any]], row_bytes: int) -> Bytes:
    """Pack the outputs of a photo graph after the vectors, with `pack_photos`.

    Args:
        outputs: nodes, neighbours and weights; then classes and shares, if the graph has them.
        row_bytes: as in `Layout`.
    """
    nodes, neighbours, weights, *classes = outputs
    shown = (classes[0], classes[1]) if classes else None
    return pack_photos(nodes, neighbours, weights, row_bytes, shown)


def unpack_nodes(packed: Bytes, layout: Layout) -> Array:
    """Return the nodes of B photos: (B, P) uint8 -> (B, R + 1, Dn) float32 of unit length.

    Raises:
        DamagedPhotos: the rows do not have this layout.

    >>> packed = pack_photos(np.array([[[0.6, -0.8]]]), np.zeros((1, 0), int), np.zeros((1, 0)))
    >>> packed.tolist(), unpack_nodes(packed, Layout(2, 0)).round(2).tolist()
    ([[1]], [[[0.7099999785423279, -0.7099999785423279]]])
    """
    _check(packed, layout)
    node_bytes = packed[:, : packed.shape[1] - layout.edge_bytes]
    count = node_bytes.shape[1] // layout.bytes_a_node
    signs = EIGHTS.take(node_bytes, axis=0).reshape(len(packed), count, 8 * layout.bytes_a_node)
    nodes: Array = signs[..., : layout.width] * np.float32(layout.width**-0.5)
    return nodes


def unpack_edges(packed: Bytes, layout: Layout) -> tuple[NDArray[np.int64], Array]:
    """Return the word-graph edges of B photos, in the order in which they were packed.

    Returns:
        Rows of the bank (B, E) int64, and weights (B, E) float32, which sum to 1 for each photo.

    Raises:
        DamagedPhotos: the rows do not have this layout, or an edge leads out of the bank.
    """
    _check(packed, layout)
    edge_bytes = packed[:, packed.shape[1] - layout.edge_bytes :]
    edge_bytes = edge_bytes[:, : layout.edge_bytes - layout.class_bytes]
    return _unpack_edges(edge_bytes, layout.edges, layout.row_bytes, layout.bank, "training photo")


def unpack_classes(packed: Bytes, layout: Layout) -> tuple[NDArray[np.int64], Array]:
    """Return the edges of B photos to classes, in the order in which they were packed.

    Returns:
        Numbers of classes (B, C) int64, and shares (B, C) float32, which sum to 1 for each photo.

    Raises:
        DamagedPhotos: the rows do not have this layout, or an edge leads to an unknown class.
    """
    _check(packed, layout)
    class_bytes = packed[:, packed.shape[1] - layout.class_bytes :]
    return _unpack_edges(class_bytes, layout.class_edges, CLASS_BYTES, layout.classes, "class")


def _unpack_edges(
    edge_bytes: Bytes, edges: int, end_bytes: int, known: int, kind: str
) -> tuple[NDArray[np.int64], Array]:
    """Return edges' ends (B, E) and weights (B, E) from bytes (B, E (end_bytes + 1))."""
    ends, faded = edge_bytes[:, : edges * end_bytes], edge_bytes[:, edges * end_bytes :]
    digits = ends.reshape(len(edge_bytes), edges, end_bytes).astype(np.int64)
    weights = WEIGHTS[faded]
    total = weights.sum(1, keepdims=True)
    named = digits @ 256 ** np.arange(end_bytes)
    if known and named.size and named.max() >= known:
        raise DamagedPhotos(
            f"a packed photo is joined to {kind} {named.max()}, expected 0 to {known - 1}"
        )
    return named, weights / np.maximum(total, 1e-12)


def _pack_ends(ends: NDArray[np.integer], end_bytes: int) -> Bytes:
    """Pack ends of edges: (B, E) -> (B, E, end_bytes), low byte first."""
    if ends.size and not 0 <= ends.min() <= ends.max() < 256**end_bytes:
        raise ValueError(
            f"edges to training photos {ends.min()} to {ends.max()}, expected 0 to "
            f"{256**end_bytes - 1}, the range of {end_bytes} bytes"
        )
    packed: Bytes = ends.astype("<u8")[..., None].view(np.uint8)[..., :end_bytes]
    return packed


def _pack_nodes(nodes: Array) -> Bytes:
    """Pack nodes: (B, R + 1, Dn) -> (B, R + 1, ceil(Dn / 8))."""
    return np.packbits(nodes >= 0, axis=2, bitorder="little")


def _pack_weights(weights: Array) -> Bytes:
    if not weights.size:
        return weights.astype(np.uint8)
    largest = np.maximum(weights.max(axis=1, keepdims=True), 1e-30)
    steps = np.rint(-STEPS * np.log(np.maximum(weights / largest, 1e-30)))
    packed: Bytes = np.minimum(steps, NONE).astype(np.uint8)
    return packed


def _flat(part: Bytes) -> Bytes:
    return part.reshape(len(part), int(np.prod(part.shape[1:])))


def _check(packed: Bytes, layout: Layout) -> None:
    node_bytes = packed.shape[1] - layout.edge_bytes if packed.ndim == 2 else 0
    each = layout.bytes_a_node
    if packed.dtype != np.uint8 or node_bytes < each or node_bytes % each:
        raise DamagedPhotos(
            f"packed photos of shape {packed.shape} and dtype {packed.dtype}, expected (B, P) "
            f"uint8 with P = {each} for each node and {layout.edge_bytes} for the edges"
        )
