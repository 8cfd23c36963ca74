"""What is kept: the catalog (SQLite) and the vectors (FAISS) of an index, and the tree of errors.

numpy, FAISS and sqlite-utils only; never torch, no image and no model. The catalog is the only
truth and the FAISS file a cache of it, so that nothing is lost with a damaged file and a backup is
one file. `Index` is what the other packages use.
"""

from store.errors import (
    CrossgraphError,
    IndexDamaged,
    IndexExists,
    IndexNotFound,
    IndexNotWritable,
    ModelMismatch,
    QueryError,
    SourceError,
    UnreadableImage,
)
from store.index import Index
from store.rows import Counts, Photo, PhotoFile, QuarantinedFile

__all__ = [
    "Counts",
    "CrossgraphError",
    "Index",
    "IndexDamaged",
    "IndexExists",
    "IndexNotFound",
    "IndexNotWritable",
    "ModelMismatch",
    "Photo",
    "PhotoFile",
    "QuarantinedFile",
    "QueryError",
    "SourceError",
    "UnreadableImage",
]
