"""What a shell offers when Tab is pressed after an option; Typer's own scripts call these.

Where nothing is offered, the shell falls back to file names, so folders on the way to an index are
completed too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["index_folders", "model_folders", "models"]

CATALOG = "catalog.db"
CHECKPOINT = ("config.json", "model.safetensors")


def index_folders(incomplete: str) -> list[str]:
    """Return the indexes whose path begins with `incomplete`, sorted."""
    return _folders(incomplete, lambda folder: (folder / CATALOG).is_file())


def model_folders(incomplete: str) -> list[str]:
    """Return the checkpoint folders whose path begins with `incomplete`, sorted."""
    return _folders(incomplete, lambda folder: all((folder / n).is_file() for n in CHECKPOINT))


def models(incomplete: str) -> list[str]:
    """Return shipped models by name, and checkpoint folders."""
    from importlib.util import find_spec

    spec = find_spec("fusion")  # located but not imported, which would load its dependencies
    places = [] if spec is None else spec.submodule_search_locations or []
    shipped = [folder for place in places for folder in Path(place).glob("checkpoints/*")]
    names = {folder.name for folder in shipped if (folder / CHECKPOINT[0]).is_file()}
    return [*sorted(n for n in names if n.startswith(incomplete)), *model_folders(incomplete)]


def _folders(incomplete: str, fits: Callable[[Path], bool]) -> list[str]:
    above, begin = os.path.split(incomplete)
    try:
        entries = sorted(Path(os.path.expanduser(above) or ".").iterdir())
    except OSError:
        return []
    return [
        os.path.join(above, folder.name)
        for folder in entries
        if folder.name.startswith(begin) and folder.is_dir() and fits(folder)
    ]
