"""Which packages are installed, compared with what crossgraph requires."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterable, Iterator
from importlib import metadata

from search.doctor.finding import Finding
from search.models.training_packages import missing_training_packages

__all__ = ["package_findings"]

WORTH_NAMING = ("onnxruntime", "numpy", "tokenizers", "pillow")
FAISS = ("faiss-cpu", "faiss-gpu-cuvs", "faiss-gpu")
OURS = "crossgraph"


def package_findings(requirements: Iterable[str] | None = None) -> Iterator[Finding]:
    """Check Python, every package that crossgraph needs, SQLite and FAISS.

    Args:
        requirements: what is needed, as in `pyproject.toml`; None for what the installed crossgraph
            declares.
    """
    yield Finding("Python", f"{platform.python_version()} on {platform.platform(terse=True)}")
    try:
        needed = metadata.requires(OURS) or [] if requirements is None else requirements
        version = metadata.version(OURS)
    except metadata.PackageNotFoundError:
        advice = "pip install '.[cpu]' in its folder"
        yield Finding(OURS, "not installed as a package", "note", advice)
        needed, version = (), ""
    faults = list(_faults(needed))
    yield from faults
    if version and not faults:
        versions = ", ".join(f"{name} {metadata.version(name)}" for name in WORTH_NAMING)
        yield Finding(OURS, f"{version}, with all packages that it needs: {versions}")
    yield _training()
    yield _sqlite()
    yield _faiss()


def _training() -> Finding:
    """Return whether the extra `train` is installed, which indexing and searches do not need."""
    missing = missing_training_packages()
    if not missing:
        text = f"torch {metadata.version('torch')} and all else that training needs is installed"
        return Finding("training", text)
    text = f"needs the extra `train` (not installed: {', '.join(missing)})"
    return Finding("training", f"{text}; indexing and searches do not need it")


def _sqlite() -> Finding:
    from store.sqlite.sqlite_version import wal_reset_note

    note = wal_reset_note()
    if note:
        text, _, advice = note.partition("; ")
        return Finding("SQLite", text.removeprefix("SQLite "), "note", advice)
    return Finding("SQLite", f"{sqlite3.sqlite_version}, without the WAL-reset fault")


def _faults(needed: Iterable[str]) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for text in needed:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        advice = f"pip install '{wanted.name}{wanted.specifier}'"
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            yield Finding(wanted.name, "not installed", "missing", advice)
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            said = f"{version} is installed, {wanted.specifier} is needed"
            yield Finding(wanted.name, said, "missing", advice)


def _faiss() -> Finding:
    there = {name: _version(name) for name in FAISS}
    installed = [f"{name} {version}" for name, version in there.items() if version]
    if not installed:
        advice = "pip install faiss-cpu, or faiss-gpu-cuvs where there is a GPU with CUDA 13"
        return Finding("FAISS", "not installed", "missing", advice)
    if len(installed) > 1:
        advice = "keep one: both provide the same module, and which one is imported is undefined"
        return Finding("FAISS", " and ".join(installed), "note", advice)
    import faiss

    return Finding("FAISS", f"{installed[0]}, instructions: {_instructions(faiss)}")


def _instructions(faiss: object) -> str:
    """Return the SIMD variant in use, and those it was compiled with."""
    config = getattr(faiss, "SIMDConfig", None)  # FAISS 1.14 and later choose when they start
    at_work = f"{config.get_level_name()} at work, compiled " if config is not None else ""
    options = str(faiss.get_compile_options()).split()  # type: ignore[attr-defined]
    return f"{at_work}{' '.join(options)}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
