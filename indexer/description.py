"""What a file and its sidecars say about a photo, combined into one description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from indexer.metadata.sidecar_files import SidecarFile, sidecar_values, sidecars_state
from indexer.metadata.values import MetadataValues, details_from
from indexer.photos.dates import date_of_name
from indexer.photos.exif import Exif
from store import PhotoFile
from store.photo_names import base_name
from store.types import PhotoDetails

__all__ = ["PhotoDescription", "described"]


@dataclass(frozen=True)
class PhotoDescription:
    """What is known of a photo apart from its pixels.

    Attributes:
        details: metadata that the catalog stores apart from the facts of the file.
        taken: when it was taken, by the camera's clock, from the most reliable source.
        camera: make and model.
        is_guessed: whether `taken` comes from the file's name or the time it was last written.
    """

    details: PhotoDetails
    taken: datetime | None
    camera: str | None
    is_guessed: bool

    def of(self, file: PhotoFile) -> PhotoFile:
        """Return the facts of a file with date and camera filled in."""
        return replace(file, taken=self.taken, camera=self.camera, is_guessed=self.is_guessed)


def described(
    path: str,
    exif: Exif,
    embedded: Sequence[MetadataValues],
    sidecars: Sequence[SidecarFile] = (),
) -> PhotoDescription:
    """Return the description that all parts give together.

    A sidecar takes precedence over the file itself, because it was written last.

    Args:
        path: path of the photo, whose name may contain its date.
        exif: what its camera wrote.
        embedded: further values from its XMP, IPTC and EXIF, in order of precedence.
        sidecars: its sidecar files.
    """
    beside = sidecar_values(sidecars)
    details = details_from([*beside, *embedded], sidecars_state(sidecars))
    by_camera = None if exif.is_guess else exif.taken
    times = (*(part.taken for part in beside), by_camera, *(part.taken for part in embedded))
    taken = next((time for time in times if time is not None), None)
    if taken is not None:
        return PhotoDescription(details, taken, exif.camera, False)
    guesses = [exif.taken, date_of_name(base_name(path))]
    if exif.camera is None:  # a program wrote the file, perhaps long after the photo was taken
        guesses.reverse()
    guess = next((time for time in guesses if time is not None), None)
    return PhotoDescription(details, guess, exif.camera, guess is not None)
