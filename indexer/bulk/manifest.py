"""The description of a folder of shards: `manifest.json`.

{"format": 1, "fingerprint": "53aa...", "model": "crossgraph", "encoders": "packaged",
 "dim": 515, "unit_dim": 512, "chunk_photos": 1024}
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from indexer.bulk.embedded_shard_temporaries import written_safely
from indexer.indexing_model import IndexingModel
from store import ModelMismatch, SourceError
from store.types import DescribedModel, ModelInfo

__all__ = ["Manifest", "check_model", "open_manifest", "read_manifest"]

NAME = "manifest.json"
FORMAT = 1

GROWTH = 4
"""A folder that began with few photos gets larger chunks once they would be this many times larger.
Its photos, at most about 32,000 by `chunk_size`, are then embedded again; otherwise small shards
would stay for ever."""


@dataclass(frozen=True)
class Manifest:
    """What all shards of a folder have in common.

    Attributes:
        format: format version of the manifest and of the shards.
        fingerprint: fingerprint of the model that embedded the photos, hex.
        model: the model's name.
        encoders: the preset of its encoders.
        dim: width of its vectors.
        unit_dim: number of leading values of a vector that together have unit length; 0 if none.
        chunk_photos: mean number of photos per shard.
    """

    format: int
    fingerprint: str
    model: str
    encoders: str
    dim: int
    unit_dim: int
    chunk_photos: int

    @classmethod
    def of(cls, model: DescribedModel, chunk_photos: int) -> Self:
        """Return the manifest of shards that a model makes."""
        info = ModelInfo.of(model)
        return cls(
            FORMAT,
            info.fingerprint,
            info.name,
            info.encoders,
            info.dim,
            info.unit_dim,
            chunk_photos,
        )

    @property
    def info(self) -> ModelInfo:
        """The model that embedded the photos."""
        return ModelInfo(self.fingerprint, self.dim, self.model, self.encoders, self.unit_dim)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder of shards.

    Raises:
        SourceError: there is none, or it is not one that this version reads.
    """
    file = folder / NAME
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise SourceError(
                f"{file} is of format {record['format']}, this version reads {FORMAT}: upgrade "
                "crossgraph, or write the shards again into another folder"
            )
        return Manifest(**record)
    except OSError as error:
        raise SourceError(
            f"{folder} holds no shards: {NAME} cannot be read ({error.strerror}); make them with "
            "`crossgraph shards write SOURCE --out FOLDER`"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"{file} is no manifest of shards: {error!r}") from error


def open_manifest(folder: Path, model: IndexingModel, chunk_photos: int) -> Manifest:
    """Read a folder's manifest, or write one if there is none.

    Args:
        folder: the folder of shards, which need not exist.
        model: the model that embeds.
        chunk_photos: mean number of photos per shard in a new folder; an existing folder keeps its
            own number unless this is `GROWTH` times as large.

    Raises:
        ModelMismatch: the existing shards were made with another model.
        SourceError: as for `read_manifest`.
    """
    manifest = Manifest.of(model, chunk_photos)
    before = read_manifest(folder) if (folder / NAME).exists() else None
    if before is not None:
        check_model(folder, before, model)
        grown = chunk_photos >= GROWTH * before.chunk_photos
        manifest = replace(before, chunk_photos=chunk_photos) if grown else before
    if manifest != before:
        folder.mkdir(parents=True, exist_ok=True)
        with written_safely(folder / NAME) as temporary:
            text = json.dumps(asdict(manifest), indent=1) + "\n"
            temporary.write_text(text, encoding="utf-8")
    return manifest


def check_model(folder: Path, manifest: Manifest, model: IndexingModel) -> None:
    """Raise ModelMismatch if the shards were made with another model than this one."""
    if manifest.fingerprint != model.fingerprint:
        raise ModelMismatch(
            f"{folder} holds shards of model {manifest.model} ({manifest.fingerprint[:12]}), this "
            f"is {model.name} ({model.fingerprint[:12]}): give that model with --checkpoint, or "
            "write shards into another folder"
        )
