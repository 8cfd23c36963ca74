"""Writers with one mistake each, of the kinds that the checks are there to catch.

Each does the sound run's work through the public interface, and does one thing wrong.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from indexer import build_index
from store import CrossgraphError, Index
from tests.fakes import ColourModel
from tests.faults import scenario
from tests.faults.scenario import Tell

__all__ = [
    "leaves_a_temporary_file",
    "rewrites_in_place",
    "swallows_a_full_disk",
    "tells_too_early",
    "two_transactions",
]


def two_transactions(tell: Tell, *, root: str, index: str) -> None:
    """Write a changed photo's new sha256 first and its vector in another transaction."""
    changed = Path(root) / "photos" / "changes.png"
    digest = hashlib.sha256(changed.read_bytes()).hexdigest()
    with Index.open(Path(index)) as opened:
        for image_id, file in opened.files().items():
            if file.path == str(changed):
                # Another size than the file's, so that the sound run reads it again.
                opened.update_files({image_id: replace(file, sha256=digest, size_bytes=0)})
    scenario.run(tell, root=root, index=index)


def rewrites_in_place(tell: Tell, *, root: str, index: str) -> None:
    """Write the catalog's bytes over themselves, without a temporary name and a rename."""
    scenario.run(tell, root=root, index=index)
    for file in Path(index).glob("*.db"):
        content = file.read_bytes()
        file.write_bytes(content)


def swallows_a_full_disk(tell: Tell, *, root: str, index: str) -> None:
    """End as if all was well."""
    with suppress(CrossgraphError, OSError):
        scenario.run(tell, root=root, index=index)


def leaves_a_temporary_file(tell: Tell, *, root: str, index: str) -> None:
    """Write under a name of its own and rename; never look for what an earlier run left."""
    scenario.run(tell, root=root, index=index)
    temporary = Path(index) / f"summary.{os.getpid()}.part"
    temporary.write_bytes(b"12 photos")
    temporary.replace(Path(index) / "summary")


def tells_too_early(tell: Tell, *, root: str, index: str) -> None:
    """Say that all is done before it is written."""
    photos = Path(root) / "photos"
    todo = ["breaks.png", "changes.png"]
    tell([len(todo), todo[-1]])
    build_index(index, [photos], ColourModel(), annotations=[Path(root) / scenario.NOTES])
