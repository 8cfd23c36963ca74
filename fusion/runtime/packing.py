"""What an index keeps of a photo for the re-ranker: one row of bytes, read without torch.

A row holds, one after the other:

- the photo's R + 1 nodes, the whole photo first: four bits a number, two numbers to a byte, the
  first of them in the lower half. A number is kept in steps of a seventh of its node's largest,
  from -7 to 7, as 8 more than that. Nodes have unit length, so what they were divided by need not
  be kept. A node of odd width ends with half a byte of zero;
- its E edges of the word graph, to the training photos nearest to it: their rows in the bank, the
  lower byte of each before the higher, and then one byte for each edge's weight;
- its C edges of the concept graph, to the classes that it likeliest shows: their numbers in two
  bytes each, and then one byte for each edge's share.

A weight, or share, is kept by its logarithm, in steps of 1/20 below the largest. Linear steps would
move the log odds of a word that only faint edges lead to by any amount; so they move by 0.05 at
most.

On the Flickr8k development photos Recall@1/5/10 of captions, re-ranked, was 37.0 / 68.7 / 80.0 from
four bits, 37.0 / 68.6 / 80.1 from three, 37.0 / 68.6 / 80.0 from eight, and 36.9 / 68.7 / 80.0 from
nodes and edges that were not rounded, with a model before today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.fusion_error import FusionError

__all__ = [
    "LARGEST",
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

LARGEST, ZERO = 7, 8
"""Steps up to a node's largest number; and what stands for none."""
CLASS_BYTES = 2
STEPS, NONE = 20, 255
"""Steps of a weight's logarithm in which it falls by a factor of e; and what stands for no edge."""

PAIRS = np.stack([np.arange(256) % 16, np.arange(256) // 16], axis=1).astype(np.float32) - ZERO
"""(256, 2): the two numbers of a byte."""
BOTH = PAIRS.view(np.float64)[:, 0]
"""(256,): the same, side by side as if they were one, since one is looked up the fastest."""
WEIGHTS = np.exp(-np.arange(256, dtype=np.float32) / STEPS)
WEIGHTS[NONE] = 0


class DamagedPhotos(FusionError, ValueError):
    """What is kept of photos is none of the model's: of another length, or out of its bank."""


class Layout(NamedTuple):
    """What a model's rows hold; how many nodes, follows from their length."""

    width: int
    """Dn, of a node."""
    edges: int
    """E, 0 from a model whose word graph is empty."""
    row_bytes: int = 2
    """Of a row of the bank: 2 for up to 65,536 training photos, 4 for more."""
    bank: int = 0
    """How many training photos there are, which rows are held against; 0 where it is not known."""
    class_edges: int = 0
    """C, 0 from a model that follows no paths over classes."""
    classes: int = 0
    """How many classes there are."""

    @classmethod
    def of(
        cls, width: int, neighbours: int, bank: int, class_edges: int = 0, classes: int = 0
    ) -> Layout:
        """Return the layout of a model that joins a photo to so many neighbours in such a bank."""
        row_bytes = 2 if bank <= 256**2 else 4
        return cls(width, min(neighbours, bank), row_bytes, bank, class_edges, classes)

    @property
    def class_bytes(self) -> int:
        """Bytes of a photo's edges to classes, the last ones of its row."""
        return self.class_edges * (CLASS_BYTES + 1)

    @property
    def edge_bytes(self) -> int:
        """Bytes of all edges of a photo, those to classes too, the last ones of its row."""
        return self.edges * (self.row_bytes + 1) + self.class_bytes


def pack_photos(nodes: Array, neighbours: NDArray[np.integer], weights: Array,
                row_bytes: int = 2,
                classes: tuple[NDArray[np.integer], Array] | None = None) -> Bytes:  # fmt: skip
    """Pack B photos.

    Args:
        nodes: (B, R + 1, Dn) of unit length, the whole photo before its regions.
        neighbours: (B, E) rows of the bank, in any order; E may be 0.
        weights: (B, E) from 0 to 1, of these edges.
        row_bytes: as in `Layout`.
        classes: (B, C) the classes that each photo shows, and their shares; None for C = 0.

    Returns:
        (B, P) uint8, P = (R + 1) ceil(Dn / 2) + E (row_bytes + 1) + 3 C.

    Raises:
        ValueError: the shapes do not belong together, or a row of the bank is too high a number.
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
    """Pack what a graph of photos gives after their vectors, as `pack_photos` takes it.

    Args:
        outputs: nodes, neighbours and weights; then classes and shares, where it has them.
        row_bytes: as in `Layout`.
    """
    nodes, neighbours, weights, *classes = outputs
    shown = (classes[0], classes[1]) if classes else None
    return pack_photos(nodes, neighbours, weights, row_bytes, shown)


def unpack_nodes(packed: Bytes, layout: Layout) -> Array:
    """Return the nodes of B photos: (B, P) uint8 -> (B, R + 1, Dn) float32 of unit length.

    Raises:
        DamagedPhotos: the rows are none of this layout.

    >>> packed = pack_photos(np.array([[[0.6, 0.8]]]), np.zeros((1, 0), int), np.zeros((1, 0)))
    >>> packed.tolist(), unpack_nodes(packed, Layout(2, 0)).round(2).tolist()
    ([[253]], [[[0.5799999833106995, 0.8100000023841858]]])
    """
    _check(packed, layout)
    even = layout.width + layout.width % 2
    node_bytes = packed[:, : packed.shape[1] - layout.edge_bytes]
    count = 2 * node_bytes.shape[1] // even
    nodes = (
        BOTH.take(node_bytes)
        .view(np.float32)
        .reshape(len(packed), count, even)[..., : layout.width]
    )
    squares = np.einsum("brd,brd->br", nodes, nodes)
    nodes *= 1 / np.sqrt(np.maximum(squares, 1))[..., None]  # zeros stay zeros
    return nodes


def unpack_edges(packed: Bytes, layout: Layout) -> tuple[NDArray[np.int64], Array]:
    """Return the edges of B photos, as they were packed.

    Returns:
        Rows of the bank (B, E) int64, and weights (B, E) float32, which sum to 1 for each photo.

    Raises:
        DamagedPhotos: the rows are none of this layout, or name photos that the bank has not.
    """
    _check(packed, layout)
    edge_bytes = packed[:, packed.shape[1] - layout.edge_bytes :]
    edge_bytes = edge_bytes[:, : layout.edge_bytes - layout.class_bytes]
    return _unpack_edges(edge_bytes, layout.edges, layout.row_bytes, layout.bank, "training photo")


def unpack_classes(packed: Bytes, layout: Layout) -> tuple[NDArray[np.int64], Array]:
    """Return the edges of B photos to classes, as they were packed.

    Returns:
        Numbers of classes (B, C) int64, and shares (B, C) float32, which sum to 1 for each photo.

    Raises:
        DamagedPhotos: the rows are none of this layout, or name classes that there are not.
    """
    _check(packed, layout)
    class_bytes = packed[:, packed.shape[1] - layout.class_bytes :]
    return _unpack_edges(class_bytes, layout.class_edges, CLASS_BYTES, layout.classes, "class")


def _unpack_edges(
    edge_bytes: Bytes, edges: int, end_bytes: int, known: int, kind: str
) -> tuple[NDArray[np.int64], Array]:
    """(B, E (end_bytes + 1)) -> where the edges lead (B, E), and their weights (B, E)."""
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
    """(B, E) -> (B, E, end_bytes), the lower byte before the higher."""
    if ends.size and not 0 <= ends.min() <= ends.max() < 256**end_bytes:
        raise ValueError(
            f"edges to training photos {ends.min()} to {ends.max()}, expected 0 to "
            f"{256**end_bytes - 1}, the range of {end_bytes} bytes"
        )
    packed: Bytes = ends.astype("<u8")[..., None].view(np.uint8)[..., :end_bytes]
    return packed


def _pack_nodes(nodes: Array) -> Bytes:
    """(B, R + 1, Dn) -> (B, R + 1, ceil(Dn / 2))."""
    largest = np.maximum(np.abs(nodes).max(axis=2, keepdims=True), 1e-12)
    steps = (np.rint(nodes / largest * LARGEST) + ZERO).astype(np.uint8)
    if steps.shape[2] % 2:
        steps = np.pad(steps, ((0, 0), (0, 0), (0, 1)), constant_values=ZERO)
    packed: Bytes = steps[..., 0::2] | (steps[..., 1::2] << 4)
    return packed


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
    half = -(-layout.width // 2)
    node_bytes = packed.shape[1] - layout.edge_bytes if packed.ndim == 2 else 0
    if packed.dtype != np.uint8 or node_bytes < half or node_bytes % half:
        raise DamagedPhotos(
            f"packed photos of shape {packed.shape} and dtype {packed.dtype}, expected (B, P) "
            f"uint8 with P = {half} for each node and {layout.edge_bytes} for the edges"
        )
