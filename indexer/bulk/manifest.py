"""What a folder of shards says of itself: `manifest.json`.

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
"""Chunks are to be so many times as large as a folder's: it began with few photos. These are
embedded again, some 32,000 at the most as `chunk_size` has it; small shards would stay for ever."""


@dataclass(frozen=True)
class Manifest:
    """What all shards of a folder have in common.

    Attributes:
        format: of the manifest and of the shards.
        fingerprint: of the model that embedded, hex.
        model: what people call it.
        encoders: its encoders' preset.
        dim: width of its vectors.
        unit_dim: so many leading values of a vector have unit length together; 0 if none have.
        chunk_photos: how many photos a shard has in the mean.
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
        """The model that embedded."""
        return ModelInfo(self.fingerprint, self.dim, self.model, self.encoders, self.unit_dim)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder of shards.

    Raises:
        SourceError: there is none, or it is none that this version reads.
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
    """Read a folder's manifest, or make one where there is none.

    Args:
        folder: of shards, which need not be there.
        model: which embeds.
        chunk_photos: for a new folder; one that is there keeps its own, up to `GROWTH`.

    Raises:
        ModelMismatch: the shards that are there were made with another model.
        SourceError: as `read_manifest`.
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
    """Raise a ModelMismatch where shards were made with another model than the one at hand."""
    if manifest.fingerprint != model.fingerprint:
        raise ModelMismatch(
            f"{folder} holds shards of model {manifest.model} ({manifest.fingerprint[:12]}), this "
            f"is {model.name} ({model.fingerprint[:12]}): give that model with --checkpoint, or "
            "write shards into another folder"
        )
