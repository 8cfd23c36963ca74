"""An exported encoder alone, run as `fusion.query_model` runs a model's query side; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fusion.query_model import THREADS

__all__ = ["TextSession"]


class TextSession:
    """What `bare.write_text_encoder` wrote, ready to be run."""

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, ids: Sequence[int]) -> None:
        """Run one text's forward pass."""
        tokens = np.array([ids], dtype=np.int64)
        self._session.run(None, {"ids": tokens, "mask": np.ones(tokens.shape, dtype=np.bool_)})
