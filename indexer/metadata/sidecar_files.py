"""XMP files beside photos.

`photo.jpg.xmp`, as digiKam, darktable and immich name them, and `photo.xmp`, as Lightroom does.
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
    """A file that says something of the photo beside it.

    Attributes:
        path: absolute.
        size_bytes: with `mtime_ns`, tells an unchanged file without reading it.
        mtime_ns: when it was last changed.
    """

    path: str
    size_bytes: int
    mtime_ns: int


def sidecar_at(path: str) -> SidecarFile | None:
    """Return a sidecar by its path; None where there is none, or nothing that can be read."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    regular = stat.S_ISREG(facts.st_mode)  # opening a pipe would wait for ever
    return SidecarFile(path, facts.st_size, facts.st_mtime_ns) if regular else None


def sidecar_names(photo: str) -> tuple[str, str]:
    """Return what sidecars of a photo are called, without their suffix.

    >>> sidecar_names("/p/a.b.jpg")
    ('/p/a.b.jpg', '/p/a.b')
    """
    return photo, os.path.splitext(photo)[0]


def sidecars_beside(photo: str) -> tuple[SidecarFile, ...]:
    """Return the sidecars of a photo that are there, looked for on the disk."""
    seen = (sidecar_at(name + SUFFIX) for name in sidecar_names(photo))
    return tuple(each for each in seen if each is not None)


def sidecars_state(sidecars: Sequence[SidecarFile]) -> str:
    """Return which sidecars a photo has, in a form that changes when they do; empty for none."""
    return "; ".join(
        f"{os.path.basename(each.path)} {each.size_bytes} {each.mtime_ns}" for each in sidecars
    )


def sidecar_values(sidecars: Sequence[SidecarFile]) -> tuple[MetadataValues, ...]:
    """Return what sidecars say, in their order; of one that cannot be read a note alone."""
    return tuple(_values(each) for each in sidecars)


def _values(sidecar: SidecarFile) -> MetadataValues:
    try:
        with open(sidecar.path, "rb") as file:
            return xmp_values(file.read(MOST_BYTES + 1))
    except OSError as error:
        name = os.path.basename(sidecar.path)
        return MetadataValues(notes=(f"{name} cannot be read: {error.strerror or error}",))
