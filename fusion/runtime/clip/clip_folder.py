"""Where a CLIP-like model lies: in a folder, in the hub's cache on this machine, or on the hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from fusion.runtime.model_errors import WeightsMismatch, WeightsNotFound, one_line

__all__ = [
    "CLIP",
    "CLIP_MODEL",
    "WANTED_FILES",
    "clip_fingerprint",
    "fetch_clip",
    "find_clip",
    "preset_of",
]

CLIP = "clip:"
"""How the encoders begin that name such a model."""

CLIP_MODEL = "clip"
"""The name of models that nobody trained here, in an index and in an exported model's facts."""

VERSION = 1
"""Changes with what an index keeps of a photo, and with how photos and texts are read."""

OPEN_CLIP = "open_clip_config.json"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "open_clip_pytorch_model.bin")
"""Patterns of weights; a later one counts where there are none of those before."""
BESIDE = ("*.json", "*.txt", "*.model", "*.tiktoken")
WANTED_FILES = ("*.safetensors", *BESIDE)
"""Patterns of the files that are fetched; weights in Python's own format are not."""


def preset_of(encoders: str) -> str:
    """Return the name of encoders as an index keeps it: a folder by its whole path.

    >>> preset_of("clip:google/siglip2-base-patch16-224")
    'clip:google/siglip2-base-patch16-224'
    """
    name = encoders.removeprefix(CLIP)
    folder = Path(name).expanduser()
    return f"{CLIP}{folder.resolve()}" if folder.is_dir() else encoders


def find_clip(encoders: str) -> Path:
    """Return the folder of a model, which is fetched from its hub where it is not on this machine.

    Args:
        encoders: `clip:` and a folder or the hub's id.

    Raises:
        WeightsNotFound: it is neither here nor can it be fetched; the message says what helps.
    """
    name = encoders.removeprefix(CLIP)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise WeightsNotFound(f"{name}: no such folder, expected that of a CLIP-like model")
    try:
        return fetch_clip(name, offline=True)
    except WeightsNotFound:
        return fetch_clip(name, offline=_is_offline())


def fetch_clip(name: str, *, revision: str | None = None, offline: bool = False) -> Path:
    """Return the folder of a model in the hub's cache, fetched into it where it is not there.

    Args:
        name: the hub's id.
        revision: of its repository; None for the newest, or the one that is in the cache.
        offline: whether only the cache is looked at.

    Raises:
        WeightsNotFound: it cannot be had; the message says what helps.
    """
    try:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                name, revision=revision, allow_patterns=list(WANTED_FILES), local_files_only=offline
            )
        )
    except Exception as error:  # the hub's client has an error tree of its own
        raise WeightsNotFound(
            f"weights of {CLIP}{name} not found, its hub did not give them "
            f"({one_line(error)[:160]}): where no hub can be reached, copy the model's folder to "
            f"this machine and give --encoders {CLIP}FOLDER"
        ) from error


def clip_fingerprint(folder: Path) -> str:
    """Return the name of a model by its content, 64 hex digits: weights and all they are read by.

    Raises:
        WeightsMismatch: the folder holds no weights, or no configuration.
    """
    digest = hashlib.sha256(f"clip {VERSION}\n".encode())
    for path in _files(folder):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.name} {content}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """The files that make up a model, by name."""
    weights = next((found for each in WEIGHTS if (found := sorted(folder.glob(each)))), [])
    if not weights or (not (folder / "config.json").exists() and not (folder / OPEN_CLIP).exists()):
        raise WeightsMismatch(
            f"{folder}: not a folder of a CLIP-like model, expected config.json and "
            "model.safetensors as transformers writes them"
        )
    beside = {path for each in BESIDE for path in folder.glob(each)}
    yield from sorted({*weights, *beside})


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}
