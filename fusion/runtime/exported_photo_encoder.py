"""The common base of exported models for indexing: photo encoder, threads and tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.exported_facts import ExportedFacts
from fusion.runtime.exported_files import unreadable
from fusion.runtime.exported_folder import PHOTOS, TABLES
from fusion.runtime.processors import ON_PROCESSORS, usable_processors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["ExportedPhotoEncoder"]


class ExportedPhotoEncoder:
    """The photo encoder of an exported model; subclasses define how photos are embedded.

    Each thread encodes different photos, because these do not depend on each other: on two
    processors ONNX Runtime takes 33 to 37 ms per photo with two threads for one photo, and 31 ms
    with one thread each (measured on 2 cores with AVX-512).

    Args:
        folder: the folder of the files.
        facts: the facts stored with them.
        threads: threads that encode different photos in parallel; None for one per processor.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with the weights and with the preprocessing of their inputs.
        dim: width of an indexed vector.
    """

    def __init__(self, folder: Path, facts: ExportedFacts, threads: int | None = None) -> None:
        self.name = str(facts["name"])
        self.encoders = str(facts["encoders"])
        self.fingerprint = str(facts["fingerprint"])
        self.dim = int(facts["dim"])
        self._folder, self._threads = folder, threads or usable_processors()

    def _table(self, name: str) -> NDArray[np.float32]:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._folder / TABLES, framework="numpy") as file:
                table: NDArray[np.float32] = file.get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise unreadable(self._folder, TABLES, error) from error
        return table

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, "embed-photos")

    @cached_property
    def _session(self) -> InferenceSession:
        return self._opened(PHOTOS)

    def _opened(self, name: str) -> InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        # Only the highest level converts convolutions to the fastest form for this processor.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        try:
            return onnxruntime.InferenceSession(self._folder / name, options, **ON_PROCESSORS)
        except Exception as error:  # some of the library's errors are plain Exceptions
            raise unreadable(self._folder, name, error) from error
