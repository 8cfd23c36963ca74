"""XMP sidecar files of photos.

They are named `photo.jpg.xmp`, as by digiKam, darktable and immich, or `photo.xmp`, as by
Lightroom.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.metadata.values import MetadataValues
from indexer.metadata.xmp import xmp_values
from indexer.metadata.xmp_packet import MOST_BYTES

__all__ = [
    "SUFFIX",
    "SidecarFile",
    "sidecar_at",
    "sidecar_names",
    "sidecar_values",
    "sidecars_beside",
    "sidecars_state",
]

SUFFIX = ".xmp"


@dataclass(frozen=True)
class SidecarFile:
    """A file with metadata of the photo next to it.

    Attributes:
        path: absolute.
        size_bytes: its size; shows together with `mtime_ns`, without reading it, whether the file
            has changed.
        mtime_ns: when it was last changed.
    """

    path: str
    size_bytes: int
    mtime_ns: int


def sidecar_at(path: str) -> SidecarFile | None:
    """Return the sidecar at a path; None if there is no regular file or it cannot be reached."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    regular = stat.S_ISREG(facts.st_mode)  # opening a pipe would block for ever
    return SidecarFile(path, facts.st_size, facts.st_mtime_ns) if regular else None


def sidecar_names(photo: str) -> tuple[str, str]:
    """Return the possible names of a photo's sidecars, without their suffix.

    >>> sidecar_names("/p/a.b.jpg")
    ('/p/a.b.jpg', '/p/a.b')
    """
    return photo, os.path.splitext(photo)[0]


def sidecars_beside(photo: str) -> tuple[SidecarFile, ...]:
    """Return the sidecars of a photo that exist on the disk."""
    seen = (sidecar_at(name + SUFFIX) for name in sidecar_names(photo))
    return tuple(each for each in seen if each is not None)


def sidecars_state(sidecars: Sequence[SidecarFile]) -> str:
    """Return a string that changes when a photo's sidecars do; empty if it has none."""
    return "; ".join(
        f"{os.path.basename(each.path)} {each.size_bytes} {each.mtime_ns}" for each in sidecars
    )


def sidecar_values(sidecars: Sequence[SidecarFile]) -> tuple[MetadataValues, ...]:
    """Return the values of sidecars, in their order; of one that cannot be read only a note."""
    return tuple(_values(each) for each in sidecars)


def _values(sidecar: SidecarFile) -> MetadataValues:
    try:
        with open(sidecar.path, "rb") as file:
            return xmp_values(file.read(MOST_BYTES + 1))
    except OSError as error:
        name = os.path.basename(sidecar.path)
        return MetadataValues(notes=(f"{name} cannot be read: {error.strerror or error}",))
