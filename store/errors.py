"""The errors that people see, one tree.

    CrossgraphError
    ├── IndexNotFound     there is no index in that folder
    ├── IndexExists       there is one already where a new one should be created
    ├── IndexDamaged      there is one, but its catalog cannot be read
    │   ├── IndexTooNew   a newer version made it; nothing is wrong with it
    │   └── EmbeddingMissing  it has no such photo, or one without embedding; a KeyError too
    ├── IndexNotWritable  it cannot be written now, such as on a full disk
    │   └── IndexBusy     another process is writing it
    ├── IndexClosed       it was used after it was closed; a ValueError too
    ├── IndexUnavailable  the database that holds it cannot be reached now
    ├── ModelMismatch     it was made with another model than the one at hand
    ├── ModelUnavailable  the model cannot be loaded: a damaged checkpoint, weights that are missing
    ├── ExtraMissing      an optional package is not installed
    ├── SourceError       a folder of photos, a shard or a COCO file is missing, empty or malformed
    │   └── ReaderMissing     the package that reads the file is missing; an ExtraMissing too
    ├── UnreadableImage   one file could not be turned into an image; the rest go on
    └── QueryError        an empty query, or numbers that make no sense

`fusion` does not use this package and has a root of its own, `fusion.fusion_error.FusionError`;
opening or searching an index turns its errors into `ModelUnavailable`. Each error of both trees has
the `exit_code` with which a command ends. A message names the thing, what was found, what was
expected, and the command that helps.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

__all__ = [
    "CrossgraphError",
    "EmbeddingMissing",
    "ExtraMissing",
    "IndexBusy",
    "IndexClosed",
    "IndexDamaged",
    "IndexExists",
    "IndexNotFound",
    "IndexNotWritable",
    "IndexTooNew",
    "IndexUnavailable",
    "ModelMismatch",
    "ModelUnavailable",
    "QueryError",
    "ReaderMissing",
    "SourceError",
    "UnreadableImage",
]


class CrossgraphError(Exception):
    """The root: errors that a person can do something about.

    Attributes:
        exit_code: a command's exit code: 1 for failures, 2 for usage errors.
    """

    exit_code: ClassVar[int] = 1


class IndexNotFound(CrossgraphError):
    """There is no index in the folder."""


class IndexExists(CrossgraphError):
    """There is already an index in the folder where a new one should be created."""


class IndexDamaged(CrossgraphError):
    """There is an index, but its catalog cannot be read."""


class IndexTooNew(IndexDamaged):
    """A newer version of this program made the index; nothing in it was changed."""


class EmbeddingMissing(IndexDamaged, KeyError):
    """There is no photo with that id, or it has no embedding."""

    __str__ = Exception.__str__  # without the quotes of a key


class IndexNotWritable(CrossgraphError):
    """The index cannot be written now; its earlier contents are still there."""


class IndexBusy(IndexNotWritable):
    """Another process is writing the index; reading is still possible."""


class IndexClosed(CrossgraphError, ValueError):
    """The index was used after it was closed."""


class IndexUnavailable(CrossgraphError):
    """The database that holds the index cannot be reached at the moment."""


class ModelMismatch(CrossgraphError):
    """The index was made with another model."""


class ModelUnavailable(CrossgraphError):
    """The model cannot be loaded: a damaged checkpoint, or weights that are missing."""


class ExtraMissing(CrossgraphError):
    """An optional package that is needed is not installed."""


class SourceError(CrossgraphError):
    """A folder of photos or an annotation file is missing, empty or malformed."""


class ReaderMissing(ExtraMissing, SourceError):
    """The package that reads such a file is not installed; nothing is wrong with the file."""


class UnreadableImage(CrossgraphError):
    """One file could not be turned into an image.

    Attributes:
        path: the file; None if the bytes came from elsewhere.
        reason: the reason in a few words, without the path.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason if path is None else f"{path}: {reason}")
        self.path = path
        self.reason = reason


class QueryError(CrossgraphError):
    """The query is empty, or one of its numbers is out of range."""

    exit_code = 2
