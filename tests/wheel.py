"""Checks the contents of a wheel: `python -m tests.wheel dist/crossgraph-0.1.0-py3-none-any.whl`.

It must contain every file of the packages (modules, `py.typed`, the page, the checkpoint) and the
licence files, and nothing else. Each difference is printed on a line; the exit code is 1 if there
are any.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["differences", "files_of_packages"]

ROOT = Path(__file__).parents[1]
PACKAGES = ("fusion", "indexer", "search", "store")
NOT_PACKAGED = ("__pycache__", ".pyc")
METADATA = ("licenses/LICENSE", "licenses/NOTICE", "METADATA", "entry_points.txt")


def files_of_packages(root: Path) -> set[str]:
    """Return the names of all files below the packages, relative to `root`."""
    return {
        file.relative_to(root).as_posix()
        for package in PACKAGES
        for file in (root / package).rglob("*")
        if file.is_file() and not any(part in str(file) for part in NOT_PACKAGED)
    }


def differences(names: set[str], root: Path) -> Iterator[str]:
    """Yield a line for each file that is missing from a wheel or superfluous in it.

    Args:
        names: the names of the files in the wheel.
        root: the folder that contains the packages.
    """
    expected = files_of_packages(root)
    packaged = {name for name in names if ".dist-info/" not in name}
    yield from (f"missing: {name}" for name in sorted(expected - packaged))
    yield from (f"too much: {name}" for name in sorted(packaged - expected))
    for name in METADATA:
        if not any(each.endswith(f".dist-info/{name}") for each in names):
            yield f"missing in the metadata: {name}"


def main(wheel: Path) -> int:
    """Print the differences of a wheel; return the exit code."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    lines = list(differences(names, ROOT))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
