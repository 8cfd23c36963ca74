"""The folder of an exported model, which runs without torch, and the verification of its files.

There is one folder per model, named by its fingerprint, so that an index finds its model without
reading the checkpoint. The folder is a cache: a damaged, incomplete or outdated one counts as
absent.
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
    "LOWER",
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

FORMAT = 8
"""Version of the files; changes with anything that their readers depend on."""
QUERY, PAIRS, READING = "query.onnx", "pairs.onnx", "reading.onnx"
LOWER, PHOTOS = "lower.onnx", "photos.onnx"
"""The layers of the image encoder that run photo by photo, and all that follows; a CLIP-like model
that was not trained has only the second. Both are missing if the image encoder cannot be exported;
the facts then have "photos" as None."""
TABLES, TOKENIZER = "tables.safetensors", "tokenizer.json"
MANIFEST = "manifest.json"
PIECE_BYTES = 1 << 22


_Files = dict[str, tuple[int, str, int]]
"""The size, sha256 and sum of words (`sum_of`) of each file, by name."""


class _Manifest(TypedDict):
    facts: ExportedFacts
    files: _Files
    sha256: str


def exported_model_folder(root: Path, fingerprint: str) -> Path:
    """Return the folder of a model's export, which need not exist."""
    return root / f"{Path(fingerprint).name}-{FORMAT}"


def read_facts(folder: Path, *, thorough: bool = False) -> ExportedFacts | None:
    """Return the facts stored with the model; None if the export is missing or damaged.

    Args:
        folder: the folder from `exported_model_folder`.
        thorough: whether to hash every file, which takes longer than a search. Otherwise only sizes
            are compared, and readers of a file have to check it with `is_whole`.
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
    """Return whether a file, and the file of its weights if there is one, are unchanged.

    This takes a few milliseconds for 100 MB: it compares the sum of all 64-bit words, which changes
    with any single flipped bit.
    """
    try:
        files = _manifest(folder)["files"]
        parts = [part for part in files if part in (name, f"{name}.data")]
        return bool(parts) and all(sum_of(folder / part) == files[part][2] for part in parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _manifest(folder: Path) -> _Manifest:
    """Read and check the manifest; raise a ValueError if it was changed."""
    manifest: _Manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["sha256"] != _manifest_sha256(manifest["facts"], manifest["files"]):
        raise ValueError(f"{folder / MANIFEST} is damaged")
    return manifest


def _manifest_sha256(facts: ExportedFacts, files: _Files) -> str:
    content = json.dumps({"facts": facts, "files": files}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


@contextmanager
def new_export_folder(folder: Path, facts: ExportedFacts) -> Generator[Path]:
    """Yield a folder to write into, which replaces `folder` when the block ends without an error.

    Args:
        folder: the folder from `exported_model_folder`.
        facts: the facts for `read_facts`; they may be filled in until the block ends.

    Raises:
        OSError: the files cannot be written; an existing folder is left unchanged.
    """
    import tempfile  # not needed for searches

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
        # The folder exists: it is damaged, or another process was quicker and it is intact by now.
        # Processes that have its files open keep them.
        if read_facts(folder) is not None and read_facts(folder, thorough=True) is not None:
            return
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(partial, folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of(path: Path) -> int:
    """Return the sum of a file's 64-bit words, modulo 2^64; the last one is padded with zeros."""
    total = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            words = np.frombuffer(piece.ljust(-(-len(piece) // 8) * 8, b"\0"), "<u8")
            total += int(words.sum(dtype=np.uint64))
    return total % 2**64
