"""Fingerprints of weights: two sets of tensors share one only if they are identical."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["fingerprint_tensors"]


def fingerprint_tensors(
    tensors: Mapping[str, Tensor], vocabulary: Mapping[str, int] | None = None
) -> str:
    """Return a hash of tensors by name, dtype, shape and content, in the order of their names.

    Args:
        tensors: name to tensor, any order, on any device.
        vocabulary: token to id; a text encoder's features depend on it as much as on its weights.

    Returns:
        The hex sha256, 64 characters.

    >>> one = fingerprint_tensors({"a": torch.zeros(2), "b": torch.ones(1)})
    >>> one == fingerprint_tensors({"b": torch.ones(1), "a": torch.zeros(2)})
    True
    >>> one == fingerprint_tensors({"a": torch.zeros(2, 1), "b": torch.ones(1)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    if vocabulary is not None:
        digest.update(json.dumps(sorted(vocabulary.items())).encode())
    return digest.hexdigest()
