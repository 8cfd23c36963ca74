"""Repacked weights in a file that all processes of a machine memory-map and thus share.

ONNX Runtime repacks weights into the order that the processor multiplies fastest, and each process
holds its own copy in memory. If they are written once to a file next to the model, the processes
map that file and share it. The file fits only the processor and the version of ONNX Runtime that
wrote it; its folder is named after both, and others write their own. Like the prepared model, these
files are a cache: what is damaged, incomplete or cannot be written counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion.runtime.exported_folder import is_whole, sum_of

if TYPE_CHECKING:
    from onnxruntime import SessionOptions

__all__ = ["shared_graph"]

SUMS = "sums.json"
LONGEST_WAIT = 60.0
"""Seconds to wait for another process to write the file."""
CPU_FACTS = Path("/proc/cpuinfo")
_TELLING = ("flags", "Features", "vendor_id", "model name", "CPU part")


def shared_graph(folder: Path, name: str, options: Callable[[], SessionOptions]) -> Path | None:
    """Return a graph's file with shared weights, and write it if necessary; None if that fails.

    Args:
        folder: the folder of the exported model.
        name: the name of the graph's file in it.
        options: returns the session options that the graph is run with.
    """
    suited = _suited_to()
    if suited is None:
        return None
    stem = Path(name).stem
    place = folder / f"shared-{stem}-{suited}"
    if _is_whole(place):
        return place / name
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / f"shared-{stem}.lock", timeout=LONGEST_WAIT):
            if not _is_whole(place):  # another process may have written it meanwhile
                for old in folder.glob(f"shared-{stem}-*"):
                    shutil.rmtree(old, ignore_errors=True)
                _write(folder, name, place, options())
    except (OSError, NotImplementedError, Timeout):  # NotImplementedError: no file locks here
        return None
    return place / name if _is_whole(place) else None


def _write(folder: Path, name: str, place: Path, options: SessionOptions) -> None:
    import onnxruntime

    if not is_whole(folder, name):
        return
    partial = place.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    options.optimized_model_filepath = str(partial / name)
    entries = {
        "optimized_model_external_initializers_file_name": f"{name}.data",
        "optimized_model_external_initializers_min_size_in_bytes": "1024",
        "save_external_prepacked_constant_initializers": "1",
    }
    for key, value in entries.items():
        options.add_session_config_entry(f"session.{key}", value)
    try:
        # Opening the session writes the optimised file. Errors may be of any class.
        with suppress(Exception):
            onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
            sums = {each.name: _facts(each) for each in partial.iterdir()}
            (partial / SUMS).write_text(json.dumps(sums), encoding="utf-8")
            partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_whole(place: Path) -> bool:
    try:
        sums: dict[str, Any] = json.loads((place / SUMS).read_text(encoding="utf-8"))
        return bool(sums) and all(_facts(place / each) == sums[each] for each in sums)
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def _facts(file: Path) -> list[int]:
    return [file.stat().st_size, sum_of(file)]


def _suited_to() -> str | None:
    """Return a name for this processor and runtime; None if the processor cannot be identified."""
    import onnxruntime

    try:
        lines = CPU_FACTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    facts = sorted({line for line in lines if line.startswith(_TELLING)})
    if not facts:
        return None
    told = "\n".join([str(onnxruntime.__version__), *facts])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
