"""Tar and Parquet files of painted photos, for tests."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tests.fakes import COLOURS

__all__ = ["painted", "write_parquet", "write_tar"]


def painted(*colours: str, side: int = 12) -> bytes:
    """Return a PNG with a stripe of each colour."""
    image = Image.new("RGB", (side * len(colours), side))
    for place, colour in enumerate(colours):
        image.paste(COLOURS[colour], (side * place, 0, side * (place + 1), side))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def write_tar(path: Path, members: Sequence[tuple[str, bytes]] | Mapping[str, bytes]) -> Path:
    """Write members into a tar file, in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named = members.items() if isinstance(members, Mapping) else members
    with tarfile.open(path, "w") as tar:
        for name, content in named:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def write_parquet(path: Path, columns: Mapping[str, list[Any]], rows_in_group: int = 3) -> Path:
    """Write columns into a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pa.table(dict(columns)), path, row_group_size=rows_in_group)
    return path
