"""Where an exported model lies, for queries and photos without torch, and whether it is whole.

One folder a model, named by its fingerprint, so that an index finds the one that suits it without
reading the checkpoint. It is a cache: what is damaged, half or of another version counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import numpy as np

from fusion.runtime.exported_facts import ExportedFacts

__all__ = [
    "FORMAT",
    "PAIRS",
    "PHOTOS",
    "QUERY",
    "READING",
    "TABLES",
    "TOKENIZER",
    "exported_model_folder",
    "is_whole",
    "new_export_folder",
    "read_facts",
    "sum_of",
]

FORMAT = 6
"""Changes with anything that a reader of the files must know."""
QUERY, PAIRS, READING = "query.onnx", "pairs.onnx", "reading.onnx"
PHOTOS = "photos.onnx"
"""Not there for a model whose image encoder cannot be exported, whose facts then lack "photos"."""
TABLES, TOKENIZER = "tables.safetensors", "tokenizer.json"
MANIFEST = "manifest.json"
PIECE_BYTES = 1 << 22


_Files = dict[str, tuple[int, str, int]]
"""Size, digest and sum of each file."""


class _Manifest(TypedDict):
    facts: ExportedFacts
    files: _Files
    sha256: str


def exported_model_folder(root: Path, fingerprint: str) -> Path:
    """Return the folder of a model's export, which need not be there."""
    return root / f"{Path(fingerprint).name}-{FORMAT}"


def read_facts(folder: Path, *, thorough: bool = False) -> ExportedFacts | None:
    """Return what was written down about the model; None where the export is missing or not whole.

    Args:
        folder: as `exported_model_folder` gives it.
        thorough: whether to hash every file, which takes longer than a search, and not only to
            compare sizes; who reads a file then asks `is_whole` of it.
    """
    try:
        manifest = _manifest(folder)
        facts = manifest["facts"]
        for name, (size, digest, _) in manifest["files"].items():
            if (folder / name).stat().st_size != size:
                return None
            if thorough and _digest(folder / name) != digest:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return facts


def is_whole(folder: Path, name: str) -> bool:
    """Return whether a file, and its weights in a file beside it, are what was written.

    Takes a few milliseconds for 100 MB: what is compared is the sum of all words of 64 bits, which
    any one bit that was turned changes.
    """
    try:
        files = _manifest(folder)["files"]
        parts = [part for part in files if part in (name, f"{name}.data")]
        return bool(parts) and all(sum_of(folder / part) == files[part][2] for part in parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _manifest(folder: Path) -> _Manifest:
    """Read what was written down; ValueError where it is not what was written."""
    manifest: _Manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["sha256"] != _manifest_sha256(manifest["facts"], manifest["files"]):
        raise ValueError(f"{folder / MANIFEST} is damaged")
    return manifest


def _manifest_sha256(facts: ExportedFacts, files: _Files) -> str:
    content = json.dumps({"facts": facts, "files": files}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


@contextmanager
def new_export_folder(folder: Path, facts: ExportedFacts) -> Generator[Path]:
    """Return a folder to write into, that takes the place of `folder` once it is whole.

    Args:
        folder: as `exported_model_folder` gives it.
        facts: what `read_facts` is to give; may be filled until the block ends.

    Raises:
        OSError: it cannot be written; what is there stays as it was.
    """
    import tempfile  # of which a search has no need

    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name[:12]}-", dir=folder.parent))
    try:
        yield partial
        files: _Files = {
            path.name: (path.stat().st_size, _digest(path), sum_of(path))
            for path in sorted(partial.iterdir())
        }
        told = {"facts": facts, "files": files, "sha256": _manifest_sha256(facts, files)}
        content = json.dumps(told, indent=1, sort_keys=True)
        (partial / MANIFEST).write_text(content + "\n", encoding="utf-8")
        _take_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _take_place(partial: Path, folder: Path) -> None:
    try:
        os.rename(partial, folder)
    except OSError:
        # There is one, damaged, or whole by now since another process was quicker. Whoever has its
        # files open keeps them.
        if read_facts(folder) is not None and read_facts(folder, thorough=True) is not None:
            return
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(partial, folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of(path: Path) -> int:
    """Return the sum of a file's 64-bit words, modulo 2^64; the last one is filled with zeros."""
    total = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            words = np.frombuffer(piece.ljust(-(-len(piece) // 8) * 8, b"\0"), "<u8")
            total += int(words.sum(dtype=np.uint64))
    return total % 2**64
