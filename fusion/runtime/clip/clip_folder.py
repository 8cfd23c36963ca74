"""Finds a CLIP-like model: in a folder, in the hub's cache on this machine, or on the hub."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from fusion.runtime.clip.known_models import known_model
from fusion.runtime.model_errors import WeightsMismatch, WeightsNotFound, one_line

__all__ = [
    "CLIP",
    "CLIP_MODEL",
    "OPEN_CLIP",
    "clip_fingerprint",
    "fetch_clip",
    "find_clip",
    "preset_of",
]

CLIP = "clip:"
"""Prefix of encoders that name such a model."""

CLIP_MODEL = "clip"
"""The name of these models, which were not trained here, in an index and in an export's facts."""

VERSION = 1
"""Changes with the data that an index stores of a photo, and with the preprocessing."""

OPEN_CLIP = "open_clip_config.json"
"""The file that an OpenCLIP folder has instead of transformers' `config.json`."""
WEIGHTS = (
    "model*.safetensors",
    "pytorch_model*.bin",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
)
"""Patterns of weights, in order of preference; only the first that matches is used."""
BESIDE = ("*.json", "*.txt", "*.model")
"""Patterns of the other files of a model."""


def _nothing(_: str) -> None:
    pass


def preset_of(encoders: str) -> str:
    """Return the name of encoders that an index records: a folder's path, else the hub's id.

    >>> preset_of("clip:google/siglip2-base-patch16-224")
    'clip:google/siglip2-base-patch16-224'
    >>> preset_of("clip:clip-b32")
    'clip:openai/clip-vit-base-patch32'
    """
    name = encoders.removeprefix(CLIP)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return f"{CLIP}{folder.resolve()}"
    known = known_model(name)
    return encoders if known is None else f"{CLIP}{known.hub_id}"


def find_clip(encoders: str, tell: Callable[[str], object] = _nothing) -> Path:
    """Return the folder of a model, which is fetched from its hub if it is not on this machine.

    Args:
        encoders: `clip:` and a folder, the hub's id, or a short name of `KNOWN_MODELS`.
        tell: called with a line of text before anything is fetched.

    Raises:
        WeightsNotFound: it is not here and cannot be fetched; the message says what helps.
    """
    name = encoders.removeprefix(CLIP)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise WeightsNotFound(f"{name}: no such folder, expected that of a CLIP-like model")
    if "/" not in name and known_model(name) is None:
        raise WeightsNotFound(
            f"{name}: neither a folder nor a model that `crossgraph models` lists; give "
            f"--encoders {CLIP}FOLDER or {CLIP}HUB-ID"
        )
    return fetch_clip(name, tell)


def fetch_clip(name: str, tell: Callable[[str], object] = _nothing) -> Path:
    """Return the folder of a model in the hub's cache, into which it is fetched if necessary.

    A model of `KNOWN_MODELS` is fetched in the revision listed there.

    Args:
        name: the hub's id, or a short name.
        tell: called with a line of text before anything is fetched.

    Raises:
        WeightsNotFound: it cannot be fetched; the message says what helps.
    """
    known = known_model(name)
    hub_id, revision = (known.hub_id, known.revision) if known else (name, None)
    try:
        return _snapshot(hub_id, revision, offline=True)
    except WeightsNotFound:
        if _is_offline():
            raise
    tell(f"fetching {hub_id} from its hub, once")
    return _snapshot(hub_id, revision, offline=False)


def _snapshot(hub_id: str, revision: str | None, *, offline: bool) -> Path:
    """Fetch the files of a repository; with `offline`, take them only from the cache."""
    folder = None
    try:
        from huggingface_hub import snapshot_download

        for weights in WEIGHTS:
            folder = Path(
                snapshot_download(
                    hub_id,
                    revision=revision,
                    allow_patterns=[weights, *BESIDE],
                    local_files_only=offline,
                )
            )
            if next(folder.glob(weights), None) is not None:
                return folder
        reason = "it has no weights"
    except Exception as error:  # the hub's client has an error tree of its own
        reason = one_line(error)[:160]
    raise WeightsNotFound(
        f"weights of {CLIP}{hub_id} not found, the hub did not provide them ({reason}): if no "
        "hub can be reached, copy the model's folder to this machine and give --encoders "
        f"{CLIP}FOLDER"
    )


def clip_fingerprint(folder: Path) -> str:
    """Return a model's fingerprint, 64 hex digits, from its weights and configuration files.

    Raises:
        WeightsMismatch: the folder has no weights or no configuration.
    """
    digest = hashlib.sha256(f"clip {VERSION}\n".encode())
    for path in _files(folder):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.name} {content}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that make up a model, in the order of their paths."""
    weights = next((files for each in WEIGHTS if (files := sorted(folder.glob(each)))), [])
    if not weights or (not (folder / "config.json").exists() and not (folder / OPEN_CLIP).exists()):
        raise WeightsMismatch(
            f"{folder}: not a folder of a CLIP-like model, expected config.json and "
            "model.safetensors as transformers writes them"
        )
    beside = {path for each in BESIDE for path in folder.glob(each)}
    yield from sorted({*weights, *beside})


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}
