"""What runs where, and how much memory and disk space there is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from search.doctor.finding import Finding
from search.models.cache_folders import exported_models_cache

__all__ = ["machine_findings"]

LEAST_MEMORY = 2e9
"""In bytes: a model takes half a GB, and reading the largest allowed photo as much again."""
LEAST_DISK = 1e9


def machine_findings() -> Iterator[Finding]:
    """Yield where photos, queries and vectors are computed, and check threads, memory and disk."""
    yield _photos()
    yield _queries()
    yield _vectors()
    yield _threads()
    yield from _memory()
    yield _disk(exported_models_cache())


def _photos() -> Finding:
    try:
        import torch
    except ImportError:
        return _photos_without_torch()
    named = f"torch {torch.__version__}"
    if torch.cuda.is_available():
        return Finding("photos", f"encoded by {named} on {torch.cuda.get_device_name()}")
    built = "without CUDA"
    if torch.version.cuda is not None:
        built = f"for CUDA {torch.version.cuda} and sees no GPU"
    return Finding("photos", f"encoded on the CPU by ONNX Runtime; {named} is built {built}")


def _photos_without_torch() -> Finding:
    from fusion.hardware.device import has_nvidia

    text = "encoded on the CPU by ONNX Runtime"
    if not has_nvidia():
        return Finding("photos", text)
    text += "; there seems to be a GPU, and torch, which would use it, is not installed"
    return Finding("photos", text, "note", 'pip install "crossgraph[gpu]"')


def _queries() -> Finding:
    import onnxruntime

    providers = ", ".join(onnxruntime.get_available_providers())
    text = f"on the CPU by ONNX Runtime {onnxruntime.__version__}, whose providers are {providers}"
    return Finding("queries", text)


def _vectors() -> Finding:
    import faiss

    if not hasattr(faiss, "StandardGpuResources"):
        return Finding("vectors", "searched on the CPU: this FAISS is built without GPU support")
    count = faiss.get_num_gpus()
    if not count:
        advice = "nvidia-smi says whether the driver is installed"
        return Finding("vectors", "searched on the CPU: FAISS sees no GPU", "note", advice)
    return Finding("vectors", f"searched on a GPU, of {count} that FAISS sees")


def _threads() -> Finding:
    import faiss

    threads = faiss.omp_get_max_threads()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    told = os.environ.get("OMP_NUM_THREADS")
    text = (
        f"{threads} for FAISS, of {cores} cores, "
        f"OMP_NUM_THREADS {f'is {told}' if told else 'is not set'}"
    )
    if threads < (cores or 1):
        return Finding("threads", text, "note", "searches are faster with one for each core")
    return Finding("threads", text)


def _memory() -> Iterator[Finding]:
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total, free = (page * os.sysconf(f"SC_{name}_PAGES") for name in ("PHYS", "AVPHYS"))
    except (AttributeError, ValueError, OSError):  # not every system reports it
        return
    text = f"{total / 1e9:.1f} GB, {free / 1e9:.1f} GB of it unused"
    if total < LEAST_MEMORY:
        yield Finding("memory", text, "note", f"indexing wants {LEAST_MEMORY / 1e9:.0f} GB")
    else:
        yield Finding("memory", text)


def _disk(cache: Path) -> Finding:
    there = next(folder for folder in (cache, *cache.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free for {cache}"
    if not os.access(there, os.W_OK):
        advice = "set CROSSGRAPH_CACHE to a folder that can be written"
        return Finding("cache", f"{cache} cannot be written", "note", advice)
    if free < LEAST_DISK:
        advice = "make room, or set CROSSGRAPH_CACHE to another disk"
        return Finding("cache", text, "note", advice)
    return Finding("cache", text)
