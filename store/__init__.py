"""Storage: the catalog (SQLite) and the vectors (FAISS) of an index, and the tree of errors.

It uses numpy, FAISS and sqlite-utils only; never torch, images or models. The catalog is the single
source of truth and the FAISS file a cache of it, so that nothing is lost with a damaged file and a
backup is one file. `Index` is what the other packages use.
"""

from store.catalog.models import Model
from store.catalog.shards import FinishedShard
from store.errors import (
    CrossgraphError,
    ExtraMissing,
    IndexBusy,
    IndexClosed,
    IndexDamaged,
    IndexExists,
    IndexNotFound,
    IndexNotWritable,
    IndexTooNew,
    IndexUnavailable,
    ModelMismatch,
    ModelUnavailable,
    QueryError,
    ReaderMissing,
    SourceError,
    UnreadableImage,
)
from store.index import Index
from store.reader import IndexReader
from store.reembedding import Reembedding
from store.types import Counts, ModelInfo, Photo, PhotoFile, QuarantinedFile
from store.vectors.generation import Generation

__all__ = [
    "Counts",
    "CrossgraphError",
    "ExtraMissing",
    "FinishedShard",
    "Generation",
    "Index",
    "IndexBusy",
    "IndexClosed",
    "IndexDamaged",
    "IndexExists",
    "IndexNotFound",
    "IndexNotWritable",
    "IndexReader",
    "IndexTooNew",
    "IndexUnavailable",
    "Model",
    "ModelInfo",
    "ModelMismatch",
    "ModelUnavailable",
    "Photo",
    "PhotoFile",
    "QuarantinedFile",
    "QueryError",
    "ReaderMissing",
    "Reembedding",
    "SourceError",
    "UnreadableImage",
]
