"""Banks of training items that an indexed photo, or a query, is compared with.

Every bank holds training photos and training captions only, so nothing about the evaluation can
leak in: neither which photo a caption belongs to nor which other captions are evaluated.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.weak import WeakIdKeyDictionary

__all__ = ["HubCorrection", "MemoryGraph", "hubness", "pack_rows", "unit_rows", "unpack_rows"]


def pack_rows(rows: Tensor) -> Tensor:
    """Quantise unit rows, (..., D) float32 -> int8, so that a row's largest component is 127.

    A row's scale is lost, but unit rows don't need it: `unpack_rows` normalises them again.
    """
    peak = rows.abs().amax(-1, keepdim=True).clamp_min(1e-12)
    return (rows / peak * 127).round().to(torch.int8)


def unpack_rows(packed: Tensor) -> Tensor:
    """Restore unit rows from packed ones: (..., D) int8 -> (..., D) float32 of unit length.

    >>> unpack_rows(pack_rows(torch.tensor([[0.6, 0.8]]))).round(decimals=2)
    tensor([[0.6000, 0.8000]])
    """
    return functional.normalize(packed.float(), dim=-1)


_unpacked: WeakIdKeyDictionary = WeakIdKeyDictionary()


def unit_rows(bank: Tensor) -> Tensor:
    """Return `unpack_rows(bank)`, cached until the bank changes, to save each query the work."""
    cached = _unpacked.get(bank)
    if cached is None or cached[0] != bank._version:
        cached = _unpacked[bank] = (bank._version, unpack_rows(bank))
    rows: Tensor = cached[1]
    return rows


class MemoryGraph(nn.Module):
    """A photo node joined to the captions of the training photos that look most like it.

    `v <- unit(v + weight * sum_j a_j t_j)`: j runs over the `neighbours` nearest training photos by
    visual cosine, a is the softmax of cosine / temperature, t_j the mean embedding of j's captions.
    One step of attention over a bipartite photo-caption graph; inductive, and free at query time.
    """

    keys: Tensor
    values: Tensor

    def __init__(
        self, size: int, key_dim: int, width: int, *,
        neighbours: int = 30, temperature: float = 0.05, weight: float = 0.3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.neighbours, self.temperature, self.weight = neighbours, temperature, weight
        self.register_buffer("keys", torch.zeros(size, key_dim, dtype=torch.int8))
        self.register_buffer("values", torch.zeros(size, width, dtype=torch.int8))

    def fill(self, keys: Tensor, values: Tensor) -> None:
        """Set the bank: visual keys (M, key_dim) and caption embeddings (M, D), row by row."""
        self.keys.copy_(pack_rows(functional.normalize(keys, dim=1)))
        self.values.copy_(pack_rows(functional.normalize(values, dim=1)))

    def forward(self, vectors: Tensor, keys: Tensor, own_rows: Tensor | None = None) -> Tensor:
        """Fuse B photos with the bank.

        Args:
            vectors: (B, D) float32 of unit length.
            keys: (B, key_dim) float32 visual keys.
            own_rows: (B,) int64: the bank row that is the photo itself, which is left out of its
                own neighbourhood; None for photos that are not in the bank.

        Returns:
            (B, D) float32 of unit length.
        """
        if not len(self.keys) or not self.weight:
            return vectors
        cosine = functional.normalize(keys, dim=1) @ unit_rows(self.keys).T
        if own_rows is not None:
            cosine = cosine.scatter(1, own_rows.unsqueeze(1), -torch.inf)
        nearest = cosine.topk(min(self.neighbours, cosine.shape[1]), dim=1)
        attention = (nearest.values / self.temperature).softmax(1)
        message = torch.einsum("bk,bkd->bd", attention, unit_rows(self.values)[nearest.indices])
        return functional.normalize(vectors + self.weight * message, dim=1)


class HubCorrection(nn.Module):
    """Measures hubness: `weight` x an item's mean similarity to its `nearest` rows of a bank.

    Subtracted from a score, it keeps a hub (a photo near all captions) from answering every query
    (nearest-neighbour normalisation: Chowdhury et al., EMNLP 2024).
    """

    bank: Tensor

    def __init__(self, size: int, width: int, nearest: int, weight: float) -> None:
        super().__init__()
        self.nearest, self.weight = nearest, weight
        self.register_buffer("bank", torch.zeros(size, width, dtype=torch.int8))

    def fill(self, bank: Tensor) -> None:
        """Set the bank: (M, D) unit vectors of the other modality's training items."""
        self.bank.copy_(pack_rows(bank))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return what to subtract from scores: (B, D) unit vectors -> (B,) float32."""
        return hubness(vectors, self.bank, self.nearest, self.weight)


def hubness(vectors: Tensor, bank: Tensor, nearest: int, weight: float) -> Tensor:
    """Return `weight` x the mean similarity of (B, D) to the `nearest` of a packed (M, D): (B,)."""
    if not len(bank) or not weight:
        return vectors.new_zeros(len(vectors))
    similarity = vectors @ unit_rows(bank).T
    nearest_similarities = similarity.topk(min(nearest, similarity.shape[1]), dim=1).values
    return weight * nearest_similarities.mean(1)
