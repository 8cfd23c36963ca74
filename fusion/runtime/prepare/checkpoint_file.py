"""Reads a checkpoint folder with numpy alone, to prepare a model without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from fusion.runtime.model_errors import CheckpointError
from fusion.runtime.model_fingerprint import CONFIG, SHIPPED, fingerprint_of
from fusion.runtime.packaged_file import file_sha256

__all__ = ["SCALE", "WEIGHTS", "CheckpointFile", "read_checkpoint_file"]

WEIGHTS = "model.safetensors"
SCALE = ".scale"
"""Suffix of the scales of a matrix that is stored as int8; `fusion/checkpoint.py` writes them."""


@dataclass(frozen=True)
class CheckpointFile:
    """The contents of a checkpoint folder."""

    kind: str
    encoders: str
    encoders_fingerprint: str
    config: dict[str, Any]
    fingerprint: str
    folder: Path
    kept: dict[str, NDArray[Any]]
    """Tensors as stored in the file."""

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a tensor as the network uses it: float32, or integers unchanged.

        Raises:
            CheckpointError: there is no tensor with that name.
        """
        if name not in self.kept:
            raise CheckpointError(f"{self.folder / WEIGHTS} is damaged: it lacks {name}")
        value, scale = self.kept[name], self.kept.get(name + SCALE)
        if scale is not None:
            rows = value.reshape(len(value), -1).astype(np.float32)
            scaled: NDArray[Any] = rows * scale.astype(np.float32)[:, None]
            return scaled.reshape(value.shape)
        return value.astype(np.float32) if value.dtype == np.float16 else value


def read_checkpoint_file(folder: Path | None = None) -> CheckpointFile:
    """Read and check a checkpoint folder; None is the shipped checkpoint.

    Raises:
        CheckpointError: a file is missing, damaged, or not what its configuration says.
    """
    folder = folder or SHIPPED / "crossgraph"
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        expected, actual = str(content["weights_sha256"]), file_sha256(folder / WEIGHTS)
        if actual != expected:
            raise CheckpointError(
                f"{folder / WEIGHTS} is damaged: sha256 {actual[:12]}, expected {expected[:12]}; "
                f"copy or train it again"
            )
        return CheckpointFile(
            kind=str(content["kind"]),
            encoders=str(content["encoders"]),
            encoders_fingerprint=str(content["encoders_fingerprint"]),
            config=dict(content["config"]),
            fingerprint=fingerprint_of(content),
            folder=folder,
            kept=load_file(folder / WEIGHTS),
        )
    except OSError as error:
        raise CheckpointError(
            f"{folder} is not a checkpoint: {Path(error.filename or folder).name} cannot be read "
            f"({error.strerror}); `crossgraph train --out FOLDER` makes one"
        ) from error
    except SafetensorError as error:
        raise CheckpointError(f"{folder / WEIGHTS} is damaged: {error}") from error
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{folder / CONFIG} is damaged: {error!r}") from error
