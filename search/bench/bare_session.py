"""Exported encoders alone, run as `fusion` runs a model's two sides; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.exported_files import THREADS
from fusion.runtime.onnx_indexing_model import piece_size
from search.bench.machine import cores

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["ImageSession", "TextSession"]


class TextSession:
    """The file of `bare.write_text_encoder`, run the way an `OnnxSearchModel` runs its graphs."""

    def __init__(self, file: Path) -> None:
        self._session = _session(file, THREADS, optimised=True)

    def encode(self, ids: Sequence[int]) -> None:
        """Run one text's forward pass."""
        tokens = np.array([ids], dtype=np.int64)
        self._session.run(None, {"ids": tokens, "mask": np.ones(tokens.shape, dtype=np.bool_)})


class ImageSession:
    """The file of `bare.write_image_encoder`, run the way an `OnnxIndexingModel` runs its graphs.

    Args:
        file: the encoder's file.
        pixels: (N, 3, S, S) float32, normalised.
    """

    def __init__(self, file: Path, pixels: NDArray[np.float32]) -> None:
        self._session = _session(file, 1, optimised=False)
        size = piece_size(len(pixels), cores())
        self._pieces = [pixels[start : start + size] for start in range(0, len(pixels), size)]
        self._pool = ThreadPoolExecutor(cores())

    def encode(self) -> None:
        """Encode all."""
        list(self._pool.map(self._run, self._pieces))

    def _run(self, piece: NDArray[np.float32]) -> None:
        self._session.run(None, {"pixels": piece})


def _session(file: Path, threads: int, *, optimised: bool) -> InferenceSession:
    """Open a graph, which ONNX Runtime optimises unless it was written optimised."""
    import onnxruntime

    levels = onnxruntime.GraphOptimizationLevel
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = (
        levels.ORT_DISABLE_ALL if optimised else levels.ORT_ENABLE_ALL
    )
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
