"""Types shared by this package's modules: rows of the catalog, ids, blocks of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_DIM",
    "Block",
    "Blocks",
    "Box",
    "Counts",
    "DescribedModel",
    "Ids",
    "Missing",
    "ModelInfo",
    "PersonRegion",
    "Photo",
    "PhotoDetails",
    "PhotoFile",
    "PhotoMetadata",
    "PhotoRecord",
    "Progress",
    "QuarantinedFile",
    "TextLine",
]

MOST_DIM = 65536
"""Width of the widest vectors that an index holds."""

Ids = Sequence[int] | NDArray[np.int64]
"""Ids of photos, in some order."""

Block = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids (N,) and their vectors (N, D)."""

Blocks = Callable[[], Iterator[Block]]
"""Yields the same vectors from the start on each call, so that they are never all in memory."""

TopK = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids (K,) and scores (K,), the highest score first, equal ones in the order of the ids."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, as shares of a picture's width and height: 0..1."""


Progress = Callable[[int, int, str], object]
"""Called with how much is done, how much there is to do, and the last thing done or the stage."""


class DescribedModel(Protocol):
    """What every embedding model says about itself; `ModelInfo` has it without the model."""

    @property
    def fingerprint(self) -> str:
        """A hex digest that changes with weights, encoders or configuration."""

    @property
    def dim(self) -> int:
        """Width of the indexed vector."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def encoders(self) -> str:
        """The encoders' preset."""

    @property
    def unit_dim(self) -> int:
        """How many leading values of an indexed vector together have unit length; 0 if none."""


@dataclass(frozen=True)
class ModelInfo:
    """What an index must know about the embedding model; attributes as in `DescribedModel`."""

    fingerprint: str
    dim: int
    name: str = ""
    encoders: str = ""
    unit_dim: int = 0

    @classmethod
    def of(cls, model: DescribedModel) -> Self:
        """Return the info of a model."""
        return cls(model.fingerprint, model.dim, model.name, model.encoders, model.unit_dim)


@dataclass(frozen=True)
class PhotoFile:
    """The facts about an indexed file.

    Attributes:
        path: absolute; one photo has one path.
        source: the folder it was found through.
        size_bytes: with `mtime_ns`, tells an unchanged file without reading it.
        mtime_ns: when it was last changed, nanoseconds since 1970.
        sha256: hex digest of its bytes; tells a moved file from a new one.
        width_px: as shown, after the camera's rotation mark was applied.
        height_px: likewise.
        taken: when it was taken, by the camera's own clock, without a time zone; None if unknown.
        camera: its make and model; None if not known.
        perceptual_hash: 64 bits as a signed number; photos that look alike differ in few of them.
            None if the photo was last read by a version that computed none.
        reader: the version of the reader that last read it; None if that does not matter.
        damage: what is wrong with a file that is only partly readable; empty for an intact one.
        is_guessed: whether `taken` comes from the file's name or modification time, not from the
            camera.
    """

    path: str
    source: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    width_px: int
    height_px: int
    taken: datetime | None = None
    camera: str | None = None
    perceptual_hash: int | None = None
    reader: int | None = None
    damage: str = ""
    is_guessed: bool = False


@dataclass(frozen=True)
class QuarantinedFile:
    """A file that could not be indexed, with the reason; not tried again until it changes.

    It is also tried again by a newer reader than the one that failed, if `reader` records that.
    """

    path: str
    source: str
    size_bytes: int
    mtime_ns: int
    reason: str
    reader: int | None = None


@dataclass(frozen=True)
class PersonRegion:
    """A person named in a photo's metadata; where in the picture, if known.

    Attributes:
        name: as written in the metadata.
        box: as written in the metadata, for the picture as stored in the file; None if not known.
    """

    name: str
    box: Box | None = None


@dataclass(frozen=True)
class TextLine:
    """A line of text that was read in a photo.

    Attributes:
        text: as it was read.
        confidence: 0..1, as reported by the program that read it.
        box: its position in the picture as shown.
    """

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class PhotoMetadata:
    """The metadata of a photo; empty or None where unknown.

    Attributes:
        title: one line.
        description: of any length that is kept.
        rating: 0..5, or -1 for a photo that was rejected; None if it has none.
        tags: keywords, in their order; only the last part of one in a hierarchy.
        people: who is in it.
        latitude: degrees north, -90..90; None if not known.
        longitude: degrees east, -180..180; None if not known.
        sublocation: a place within the city.
        city: from the file or, like the next two, from the names of places that are near.
        region: a state or district.
        country: its English name, or what the file calls it.
        lens: the name of the lens.
        utc_offset_min: minutes that the camera's clock was ahead of UTC; None if not known.
    """

    title: str = ""
    description: str = ""
    rating: int | None = None
    tags: tuple[str, ...] = ()
    people: tuple[PersonRegion, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    sublocation: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    lens: str = ""
    utc_offset_min: int | None = None


@dataclass(frozen=True)
class PhotoDetails(PhotoMetadata):
    """The combined metadata of a photo (EXIF, IPTC, XMP, sidecars).

    Attributes:
        is_placed: whether the names of places near the coordinates were looked up.
        sidecars: which files next to the photo were read, in a form that changes when they do.
        note: what was left out and why, in one line; empty if nothing was.
        reader: the version of the reader of metadata.
    """

    is_placed: bool = False
    sidecars: str = ""
    note: str = ""
    reader: int = 0

    @property
    def places(self) -> tuple[str, ...]:
        """The names of where it was taken, the narrowest first, each once.

        >>> PhotoDetails(city="Lisbon", region="Lisbon", country="Portugal").places
        ('Lisbon', 'Portugal')
        """
        names = (self.sublocation, self.city, self.region, self.country)
        return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Photo:
    """What the index knows about a photo: captions in their given order, categories sorted."""

    image_id: int
    path: str
    captions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    details: PhotoDetails = PhotoDetails()


@dataclass(frozen=True)
class Counts:
    """How much an index holds; `categories` counts distinct names."""

    images: int
    captions: int
    categories: int
    quarantined: int


@dataclass(frozen=True)
class Missing:
    """An index missing from an answer.

    Attributes:
        index: its place.
        reason: why it could not be read, in one line.
    """

    index: str
    reason: str


@dataclass(frozen=True)
class PhotoRecord:
    """Everything that an index knows about a photo.

    Attributes:
        image_id: its id.
        file: the facts about its file.
        relative_path: path relative to its source, with `/` on every system.
        captions: in their given order.
        categories: sorted.
        vector: (D,) in half precision; None if not requested.
        details: its metadata.
    """

    image_id: int
    file: PhotoFile
    relative_path: str
    captions: tuple[str, ...]
    categories: tuple[str, ...]
    vector: NDArray[np.float16] | None
    details: PhotoDetails = PhotoDetails()
